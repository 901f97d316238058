/*! Sections that upstreams are given, before Envoy starts: a misspelt one would refuse every call. */

use anyhow::{Result, bail};
use policy::bundle::Bundle;

use crate::upstream::Upstream;

pub fn check(upstreams: &[Upstream], bundle: &Bundle) -> Result<()> {
    for upstream in upstreams {
        let unknown = upstream.sections.iter().find(|name| !bundle.sections.contains(name));
        let Some(name) = unknown else { continue };
        let known: Vec<String> = bundle.sections.iter().map(|name| format!("`{name}`")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        bail!("the bundle has no section `{name}` for `{}`; it has {known}", upstream.prefix);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use policy::bundle::Bundle;

    use super::check;
    use crate::upstream::assemble;

    #[test]
    fn only_sections_of_the_bundle_are_named() {
        let mut bundle = Bundle::none();
        let with = |sections: &[&str], bundle: &Bundle| {
            let sections: Vec<String> = sections.iter().map(|one| format!("/a={one}")).collect();
            let upstreams = assemble(&["/a=http://h".to_owned()], &[], &sections, &[]).unwrap();
            check(&upstreams, bundle).err().map(|error| error.to_string())
        };
        assert_eq!(with(&[], &bundle), None);
        assert!(with(&["payments"], &bundle).unwrap().ends_with("for `/a`; it has none"));
        bundle.sections = vec!["payments".into(), "stock".into()];
        assert_eq!(with(&["payments", "stock"], &bundle), None);
        let said = with(&["payments", "stocks"], &bundle).unwrap();
        assert!(said.contains("`stocks`") && said.ends_with("`payments`, `stock`"), "{said}");
    }
}
