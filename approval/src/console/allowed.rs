/*! Which approvers may do what not everybody may who decides. */

use crate::approver::Person;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Every approver: whoever runs the gateway is the one who decides.
    Approvers,
    /// Who is in one of these groups; nobody without one.
    Groups(Vec<String>),
}

impl Allowed {
    pub fn let_in(&self, person: &Person) -> bool {
        match self {
            Self::Approvers => true,
            Self::Groups(groups) => {
                let own = person.groups.as_deref();
                groups.iter().any(|group| own.is_none_or(|own| own.contains(group)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Person};

    #[test]
    fn nobody_may_until_a_group_is_named() {
        let person = |groups: Option<&[&str]>| {
            let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
            Person::local("ada", groups.map(own))
        };
        let groups =
            |all: &[&str]| Allowed::Groups(all.iter().map(|one| (*one).to_owned()).collect());
        let people = [person(None), person(Some(&["audit"])), person(Some(&[]))];
        let may = |allowed: Allowed| people.each_ref().map(|one| allowed.let_in(one));
        assert_eq!(may(Allowed::Approvers), [true, true, true]);
        assert_eq!(may(groups(&[])), [false, false, false]);
        assert_eq!(may(groups(&["audit"])), [true, true, false]);
        assert_eq!(may(groups(&["other"])), [true, false, false]);
    }
}
