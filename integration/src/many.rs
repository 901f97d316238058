/*! A bundle with as many patterns as the largest public rule sets have, shaped like theirs. */

/// YAML of a bundle: tokens with a prefix of their own, fixed and varying lengths, a few alternatives.
pub fn patterns(serial: u64, count: usize) -> String {
    const CLASSES: [&str; 5] =
        ["[A-Za-z0-9]", "[A-Za-z0-9_-]", "[0-9a-f]", "[A-Z0-9]", "[A-Za-z0-9+/=]"];
    let mut text = format!("bundle: {{name: many, version: '1', serial: {serial}}}\npatterns:\n");
    for index in 0..count {
        let class = CLASSES[index % CLASSES.len()];
        let body = match index % 4 {
            0 => format!("_{class}{{{}}}", 16 + index % 48),
            1 => format!("-{class}{{20,{}}}", 40 + index % 60),
            2 => format!("_(?:live|test|prod)_{class}{{24,48}}"),
            _ => format!("{class}{{8}}-{class}{{4}}-{class}{{12}}"),
        };
        let prefix = prefix(index);
        text += &format!(
            "  - {{name: p{index}, kind: k{index}, regex: '{prefix}{body}', not_before: ['[A-Za-z0-9]']}}\n"
        );
    }
    text
}

/// Two to five letters, no two alike: the number in base 26, its digits far apart.
fn prefix(index: usize) -> String {
    let mut rest = index * 7919 + 26 * 26;
    let mut letters = String::new();
    for _ in 0..2 + index % 4 {
        letters.push(char::from(b'a' + (rest % 26) as u8));
        rest = rest / 26 + index;
    }
    letters
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_patterns_are_the_same() {
        let text = super::patterns(1, 600);
        let mut regexes: Vec<_> =
            text.lines().filter_map(|line| line.split("regex: ").nth(1)).collect();
        assert_eq!(regexes.len(), 600);
        regexes.sort_unstable();
        regexes.dedup();
        assert_eq!(regexes.len(), 600);
    }
}
