/*! Programs that run another one with what they read. */

use super::stripped;
use super::table::Wrapper;
use crate::shell::argv::{Call, joined};
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;
use crate::shell::{ShellEffect, paths};

impl Judge<'_> {
    pub(super) fn xargs(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        const VALUED: Wrapper = (
            "xargs",
            "IadEnPsLJjS",
            &["arg-file", "delimiter", "max-args", "max-procs", "max-lines", "jobs"],
            0,
        );
        let rest = stripped(call.args, &VALUED);
        let given = call.texts().position(|text| text == ":::" || text == "::::");
        let (command, values) = match given {
            Some(_) => {
                let at = rest.iter().position(|f| f.text.starts_with(":::")).unwrap_or(rest.len());
                (
                    rest.get(..at).unwrap_or_default(),
                    rest.get(at + 1..).unwrap_or_default().to_vec(),
                )
            }
            None => (rest, self.input_words(stdin)),
        };
        if call.name == "parallel" && command.is_empty() && !call.asks_help() {
            return self.each_runs(&values, given.is_some(), stdin);
        }
        let place = call.values("I", &["replace"]).into_iter().next().map(|field| field.text);
        let place = place.or((call.name == "parallel").then(|| "{}".to_owned()));
        let text: Vec<&str> = values.iter().map(|field| field.text.as_str()).collect();
        let text = text.join(" ");
        let mut replaced = false;
        let mut fields: Vec<Field> = Vec::new();
        for field in command {
            let mut field = field.clone();
            if let Some(place) =
                place.as_deref().filter(|place| !place.is_empty() && field.text.contains(place))
            {
                self.work.spend(field.text.len() * (1 + text.len()));
                if self.work.is_over() {
                    return Flow::default();
                }
                field.text = field.text.replace(place, &text);
                field.flow = values.first().map(|one| one.flow.clone()).unwrap_or_default();
                replaced = true;
            }
            fields.push(field);
        }
        if !replaced {
            fields.extend(values);
        }
        let Some(first) = command.first() else { return stdin.changed() };
        let name = paths::program(&first.text);
        if given.is_none()
            && stdin.text.is_none()
            && ["rm", "shred", "unlink", "srm"].contains(&name)
        {
            self.add(ShellEffect::RecursiveDelete);
        }
        if call.name == "parallel" {
            return self.feed_field(&joined(&fields), &Flow::empty());
        }
        self.invoke(&fields, &Flow::empty())
    }

    /// Without a command what it is given are commands.
    fn each_runs(&mut self, values: &[Field], is_given: bool, stdin: &Flow) -> Flow {
        if !is_given {
            return self.feed_shell(stdin);
        }
        for value in values {
            self.feed_field(value, &Flow::empty());
        }
        Flow::default()
    }

    /// What a program reads from its input as its arguments.
    fn input_words(&self, stdin: &Flow) -> Vec<Field> {
        let flow = Flow { text: None, ..stdin.clone() };
        let field =
            |text: &str| Field { text: text.to_owned(), flow: flow.clone(), ..Field::default() };
        match &stdin.text {
            Some(text) => {
                text.split_whitespace().map(|w| field(w.trim_matches(['"', '\'']))).collect()
            }
            None => vec![field(if stdin.plain { "\u{2}" } else { "\u{1}" })],
        }
    }
}
