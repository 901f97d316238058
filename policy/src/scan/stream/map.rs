/*! From places in the view of text that flows to places in the text, and back. */

use std::collections::VecDeque;

use crate::scan::unit::Unit;

/// The view and the text side by side: a piece for each spelling, and one for all the bytes between
/// two. It is kept only for what is held back, which the patterns bound.
pub(super) struct Map {
    pieces: VecDeque<Piece>,
    /// Where both end.
    end: Place,
}

#[derive(Clone, Copy)]
struct Place {
    view: usize,
    text: usize,
}

struct Piece {
    begin: Place,
    end: Place,
    spelled: bool,
}

impl Map {
    /// From `begin` to `end` both are the same.
    pub(super) fn new(begin: usize, end: usize) -> Self {
        let [begin, end] = [begin, end].map(|at| Place { view: at, text: at });
        Self { pieces: VecDeque::from([Piece { begin, end, spelled: false }]), end }
    }

    pub(super) fn push(&mut self, unit: &Unit<'_>) {
        let begin = self.end;
        self.end.view += unit.text().len();
        self.end.text += unit.raw_len();
        let spelled = matches!(unit, Unit::Spelled(_));
        match self.pieces.back_mut() {
            Some(last) if !spelled && !last.spelled => last.end = self.end,
            _ => self.pieces.push_back(Piece { begin, end: self.end, spelled }),
        }
    }

    /// Where in the text what begins here in the view begins.
    pub(super) fn begin_in_text(&self, view: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.end.view <= view);
        self.pieces.get(index).map_or(self.end.text, |piece| match piece.spelled {
            true => piece.begin.text,
            false => piece.begin.text + view.saturating_sub(piece.begin.view),
        })
    }

    /// Where in the text what ends here in the view ends.
    pub(super) fn end_in_text(&self, view: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.end.view < view);
        self.pieces.get(index).map_or(self.end.text, |piece| match piece.spelled {
            true => piece.end.text,
            false => piece.begin.text + view.saturating_sub(piece.begin.view),
        })
    }

    /// The last place up to `text` that is not inside of a spelling.
    pub(super) fn floor(&self, text: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.end.text <= text);
        self.pieces
            .get(index)
            .filter(|piece| piece.spelled)
            .map_or(text, |p| p.begin.text.min(text))
    }

    /// The first place from `text` on that is not inside of a spelling.
    pub(super) fn ceil(&self, text: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.end.text < text);
        let inside = |piece: &&Piece| piece.spelled && piece.begin.text < text;
        self.pieces.get(index).filter(inside).map_or(text, |piece| piece.end.text)
    }

    /// Drops the pieces before `text`, and tells what place of the view that is.
    pub(super) fn forget(&mut self, text: usize) -> usize {
        while self.pieces.front().is_some_and(|piece| piece.end.text <= text) {
            self.pieces.pop_front();
        }
        self.pieces.front().map_or(self.end.view, |piece| match piece.spelled {
            true => piece.begin.view,
            false => piece.begin.view + text.saturating_sub(piece.begin.text),
        })
    }
}
