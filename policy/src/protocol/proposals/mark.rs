/*! What tells one proposed call from another of the same answer. */

/// The choice, and the number of the call or item in it.
pub type Place = (u32, Option<u32>);

/// As far as an event says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub place: Option<Place>,
    pub item: Option<String>,
    pub call: Option<String>,
}

impl Mark {
    /// Whether both are of one call: something says so, and nothing speaks against it.
    pub fn is_same(&self, other: &Self) -> bool {
        let said = [
            compare(self.place.as_ref(), other.place.as_ref()),
            compare(self.item.as_ref(), other.item.as_ref()),
            compare(self.call.as_ref(), other.call.as_ref()),
        ];
        said.contains(&Some(true)) && !said.contains(&Some(false))
    }

    /// Whether both say where they stand or which item they are of, and say it differently.
    pub fn differs(&self, other: &Self) -> bool {
        compare(self.place.as_ref(), other.place.as_ref()) == Some(false)
            || compare(self.item.as_ref(), other.item.as_ref()) == Some(false)
    }

    /// What the other says besides.
    pub fn add(&mut self, other: Self) {
        self.place = self.place.or(other.place);
        self.item = self.item.take().or(other.item);
        self.call = self.call.take().or(other.call);
    }
}

fn compare<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
    Some(one? == other?)
}
