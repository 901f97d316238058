/*!
Words in names that programs give: `delete_customer`, `customers.delete`, `deleteCustomer` and
`HTTPDelete2` all hold `delete`; `undeleted` does not.
*/

/// In lower case. A word ends where letters do, at a capital behind a small letter, and before the last
/// of several capitals if a small letter follows.
pub fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut before: Option<char> = None;
    for (index, &character) in characters.iter().enumerate() {
        let next_is_small = characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let starts = character.is_uppercase()
            && before.is_some_and(|b| b.is_lowercase() || (b.is_uppercase() && next_is_small));
        if starts || !character.is_alphabetic() {
            end(&mut word, &mut words);
        }
        if character.is_alphabetic() {
            word.extend(character.to_lowercase());
        }
        before = Some(character);
    }
    end(&mut word, &mut words);
    words
}

fn end(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Whether one of the phrases, each of one or more words, stands in the name. A phrase without a word
/// stands nowhere.
pub fn hold_any(name: &str, phrases: &[String]) -> bool {
    let name = words(name);
    phrases
        .iter()
        .map(|phrase| words(phrase))
        .any(|phrase| !phrase.is_empty() && name.windows(phrase.len()).any(|part| *part == *phrase))
}

#[cfg(test)]
mod tests {
    use super::{hold_any, words};

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("delete_customer", "delete customer"),
            ("repos.delete-all/now", "repos delete all now"),
            ("deleteCustomer", "delete customer"),
            ("HTTPDelete2Now", "http delete now"),
            ("mcp__github__mergePR", "mcp github merge pr"),
            ("ÄndernBenutzer", "ändern benutzer"),
            ("__", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn phrases_are_whole_words_in_order() {
        let holds = |name, phrase: &str| hold_any(name, &[phrase.to_owned()]);
        assert!(holds("billing.sendPayment", "send_payment") && holds("DELETE", "delete"));
        assert!(!holds("payment_send", "send payment") && !holds("undeleted", "delete"));
        assert!(!holds("delete", "") && !holds("", "delete") && !hold_any("delete", &[]));
    }
}
