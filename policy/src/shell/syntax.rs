/*! What the parser makes of text: commands, and words not yet expanded. */

use std::cell::OnceCell;
use std::rc::Rc;

/// Commands one after the other, however they are joined.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub pipelines: Vec<Pipeline>,
}

#[derive(Debug, Default)]
pub(super) struct Pipeline {
    pub commands: Vec<Command>,
    pub background: bool,
}

#[derive(Debug)]
pub(super) struct Command {
    pub kind: Kind,
    pub redirects: Vec<Redirect>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Simple(Simple),
    /// A subshell, braces, the conditions and branches of `if`.
    Group(Script),
    /// `while`, `until`: conditions and body.
    Loop(Script),
    /// `for`, `select`. Without words: over the arguments.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: Script,
    },
    Case {
        word: Word,
        body: Script,
    },
    Function {
        name: String,
        body: Box<Command>,
    },
    /// `[[ .. ]]` and `(( .. ))`: runs nothing but the substitutions in it.
    Test(Vec<Word>),
}

#[derive(Debug, Default)]
pub(super) struct Simple {
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub name: String,
    pub append: bool,
    /// More than one in an array.
    pub values: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
    Append,
    /// `<>`
    Both,
    /// `<<`, with its body.
    Document,
    /// `<<<`
    Text,
    /// `>&2`, `<&3`: another descriptor.
    Duplicate,
}

#[derive(Debug)]
pub(super) struct Redirect {
    pub direction: Direction,
    /// Absent: the standard one, or both of `&>`.
    pub descriptor: Option<u32>,
    pub target: Word,
    pub document: Option<Rc<OnceCell<Word>>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text {
        text: String,
        quoted: bool,
    },
    Parameter {
        parameter: Rc<Parameter>,
        quoted: bool,
    },
    /// `$( )` and backticks.
    Output {
        script: Rc<Script>,
        quoted: bool,
    },
    /// `<( )`, and `>( )` where it is written to.
    Process {
        script: Rc<Script>,
        written: bool,
    },
    /// A number nobody computes here; the words are those whose substitutions run.
    Number(Rc<Word>),
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub name: String,
    pub operation: Operation,
}

#[derive(Debug)]
pub(super) enum Operation {
    None,
    /// `${#x}`
    Length,
    /// `${!x}`
    Indirect,
    /// `${x:-word}`, `${x:=word}`
    Default(Word),
    /// `${x:+word}`
    Alternate(Word),
    /// `${x:offset:length}`
    Part(i64, Option<i64>),
    /// `${x#pattern}`, `${x%pattern}`
    Trim {
        pattern: Word,
        end: bool,
    },
    /// `${x/pattern/text}`
    Replace {
        pattern: Word,
        text: Word,
        all: bool,
    },
    /// `${x^^}`, `${x,,}`
    Case {
        upper: bool,
        all: bool,
    },
    /// One that is not computed here.
    Other,
}

impl Word {
    pub fn literal(text: &str) -> Self {
        Self { pieces: vec![Piece::Text { text: text.to_owned(), quoted: true }] }
    }

    /// The text, where nothing in it has to be expanded.
    pub fn as_text(&self) -> Option<String> {
        let mut whole = String::new();
        for piece in &self.pieces {
            let Piece::Text { text, .. } = piece else { return None };
            whole.push_str(text);
        }
        Some(whole)
    }

    pub fn push(&mut self, text: &str, quoted: bool) {
        if let Some(Piece::Text { text: last, quoted: was }) = self.pieces.last_mut()
            && *was == quoted
        {
            last.push_str(text);
            return;
        }
        self.pieces.push(Piece::Text { text: text.to_owned(), quoted });
    }
}
