/*! Shell commands where rules point at them. */

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Facts, pointed};
use crate::json::Node;
use crate::shell::{self, Shell, ShellEffect, Work};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellFacts {
    pub effects: BTreeSet<ShellEffect>,
    /// Some of it could not be read, or does what only the machine knows.
    pub unread: bool,
    /// Reading all of it would take longer than a request may: it may do anything.
    pub over_budget: bool,
}

/// By the pointers that were asked for.
pub(super) type Known<'a> = RefCell<Vec<(&'a [String], Option<ShellFacts>)>>;

impl<'a> Facts<'a> {
    /// In every spelling of the names. `None`: there is a body, and nothing can be pointed at in it.
    pub fn shell_at(&self, pointers: &'a [String]) -> Option<ShellFacts> {
        let known = self.commands.borrow().iter().find(|(at, _)| *at == pointers).cloned();
        if let Some((_, facts)) = known {
            return facts;
        }
        let facts = self.commands_at(pointers);
        self.commands.borrow_mut().push((pointers, facts.clone()));
        facts
    }

    fn commands_at(&self, pointers: &'a [String]) -> Option<ShellFacts> {
        let mut facts = ShellFacts::default();
        // Who goes by the content type may read something else than JSON.
        let Some(node) = self.json().ok()? else { return Some(facts) };
        let work = Work::for_bytes(self.call.body.len());
        for target in pointers.iter().flat_map(|pointer| pointed::nodes(node, pointer)) {
            facts.read(target, &work);
        }
        Some(facts)
    }
}

impl ShellFacts {
    fn read(&mut self, node: &Node<'_>, work: &Work) {
        match node {
            Node::Text(text) => self.add(shell::classify_within(text, work)),
            Node::Array(items) => self.read_list(items, work),
            // Whichever of its members is run, and however they are put together.
            Node::Object(members) => {
                self.unread = true;
                members.iter().for_each(|(_, node)| self.read(node, work));
            }
            Node::Null => {}
            Node::Bool(_) | Node::Number(_) => self.unread = true,
        }
    }

    /// A program and its arguments; commands one after the other where the first is more than a word.
    fn read_list(&mut self, items: &[Node<'_>], work: &Work) {
        // Without a program the command is somewhere else.
        self.unread |= items.is_empty();
        let words: Option<Vec<&str>> = items
            .iter()
            .map(|item| match item {
                Node::Text(text) => Some(text.as_ref()),
                Node::Number(literal) => Some(*literal),
                _ => None,
            })
            .collect();
        let Some(words) = words else {
            // How lists within lists are put together only the tool knows.
            self.unread = true;
            items.iter().for_each(|item| self.read(item, work));
            return;
        };
        let first = words.first().copied().unwrap_or_default();
        if first.contains(|c: char| c.is_whitespace() || ";&|<>$`'\"".contains(c)) {
            words.iter().for_each(|text| self.add(shell::classify_within(text, work)));
        }
        self.add(shell::classify_argv(&words, work));
    }

    fn add(&mut self, shell: Shell) {
        self.effects.extend(shell.effects);
        self.unread |= shell.unresolved || shell.unparsed;
        self.over_budget |= shell.over_budget;
    }
}
