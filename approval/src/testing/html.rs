//! A page as a browser's tokenizer reads it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Start tags, with their attributes.
    pub tags: Vec<(String, Vec<(String, String)>)>,
    pub text: String,
    pub comments: usize,
}

struct Sink(RefCell<Page>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let attributes = tag.attrs.iter();
                let attributes = attributes
                    .map(|one| (one.name.local.to_string(), one.value.to_string()))
                    .collect();
                page.tags.push((tag.name.to_string(), attributes));
                // What a tree builder tells the tokenizer.
                match &*tag.name {
                    "title" | "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
                    "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                    "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                    _ => {}
                }
            }
            Token::TagToken(_) => {}
            Token::CharacterTokens(text) => page.text.push_str(&text),
            Token::NullCharacterToken => page.text.push('\0'),
            Token::CommentToken(_) => page.comments += 1,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    pub fn read(text: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(StrTendril::from(text));
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        tokenizer.sink.0.into_inner()
    }

    /// What there is of tags and attributes, without their values.
    pub fn kinds(&self) -> BTreeSet<(String, String)> {
        let named = |(tag, attributes): &(String, Vec<(String, String)>)| {
            let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
            (tag.clone(), names.join(" "))
        };
        self.tags.iter().map(named).collect()
    }

    /// How many there are of a tag.
    pub fn count(&self, tag: &str) -> usize {
        self.tags.iter().filter(|(name, _)| name == tag).count()
    }

    /// Values of attributes that a browser goes to, sends to, or runs.
    pub fn leads(&self) -> Vec<&str> {
        const LEAD: &[&str] = &["href", "src", "action", "formaction", "style", "srcset", "data"];
        let attributes = self.tags.iter().flat_map(|(_, attributes)| attributes);
        let lead =
            attributes.filter(|(name, _)| LEAD.contains(&name.as_str()) || name.starts_with("on"));
        lead.map(|(_, value)| value.as_str()).collect()
    }
}
