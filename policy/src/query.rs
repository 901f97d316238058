/*!
Queries and forms: `name=value` pairs, decoded.

Some servers take `;` for a separator beside `&`, others for a part of the value, and a pair may lack
its `=`. Each reading counts, so that no reader finds a text that was not looked at.
*/

use crate::path::percent_decoded;

/// Every name, value and whole pair, in every reading.
pub fn words(text: &str, mut hear: impl FnMut(&str)) {
    for pair in readings(text) {
        if let Some((name, value)) = pair.split_once('=') {
            hear(&decoded(name));
            hear(&decoded(value));
        } else {
            hear(&decoded(pair));
        }
    }
}

/// The values of one name, in every reading.
pub fn values(text: &str, name: &str) -> Vec<String> {
    pairs(text).filter(|(key, _)| key == name).map(|(_, value)| value).collect()
}

/// Names with their values, in every reading.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = readings(text).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value)))
}

fn readings(text: &str) -> impl Iterator<Item = &str> {
    let split = |pair| str::split(pair, ';').filter(move |part| *part != pair);
    text.split('&').flat_map(move |pair| std::iter::once(pair).chain(split(pair)))
}

fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::{values, words};

    fn all(text: &str) -> Vec<String> {
        let mut heard = Vec::new();
        words(text, |word| heard.push(word.to_owned()));
        heard
    }

    #[test]
    fn every_reading_counts() {
        assert_eq!(all("a=1+2&b=%33"), ["a", "1 2", "b", "3"]);
        assert_eq!(all("drop%20it"), ["drop it"]);
        assert_eq!(all("q=a;b=c"), ["q", "a;b=c", "q", "a", "b", "c"]);
        assert_eq!(all("q=a%3Bb"), ["q", "a;b"]);
        assert_eq!(all("a%2Bb=%zz"), ["a+b", "%zz"]);
        assert_eq!(values("a=1;a=2&%61=3&b=4&a", "a"), ["1;a=2", "1", "2", "3"]);
    }
}
