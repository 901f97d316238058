use proptest::prelude::*;

use super::*;

#[test]
fn it_is_linear() {
    // Any step that looks at everything for each token would be felt here.
    for piece in [
        "(",
        ")",
        "'",
        "\"",
        "/*",
        "*/",
        "$a$",
        "$",
        "--",
        "--\n",
        "a ",
        "a,",
        ";",
        "DELETE ",
        "OR ",
        "AND ",
        "NOT ",
        "q'[",
        "E'\\'",
        "/*!5",
        "[",
        "`",
        "WITH a AS (",
        "SELECT ",
        "CASE ",
        "END ",
        "EXPLAIN ",
        "UPDATE a SET ",
        "MERGE ",
        "THEN DELETE ",
        "BEGIN ",
        "1=1 OR ",
        "x<>1 OR ",
        "CREATE ",
        "EXEC('",
        "é",
        "\0",
    ] {
        let text = piece.repeat(12_000 / piece.len());
        for text in [text.clone(), format!("DELETE FROM t WHERE {text}"), format!("SELECT {text}")]
        {
            classify(&text);
            looks_like_sql(&text);
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        classify(&text);
        looks_like_sql(&text);
    }

    #[test]
    fn no_tokens_panic(pieces in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "DELETE", "FROM", "WHERE", "DROP", "TABLE", "UPDATE", "SET", "MERGE", "ON", "WHEN", "THEN",
        "(", ")", ";", ",", "=", "<>", "'", "\"", "$$", "$x$", "E'", "q'[", "\\", "/*", "*/", "/*!5", "--", "\n", "#",
        "[", "]", "`", "1", "a", "é", "CASE", "END", "OR", "AND", "NOT", "BETWEEN", "IN", "IS", "NULL", "LIKE", "U&\"",
        "EXEC", "DO", "CREATE", "FUNCTION", "AS", "LANGUAGE", "COPY", "TO", "PROGRAM", "WITH", "EXPLAIN", "@", ":", "?",
    ]), 0..40), glue in prop::sample::select(vec![" ", "", "\t"])) {
        let text = pieces.join(glue);
        classify(&text);
        looks_like_sql(&text);
    }

    /// White space and comments between words, and the case of words, change nothing.
    #[test]
    fn spelling_changes_nothing(
        upper in prop::collection::vec(any::<bool>(), 12),
        gaps in prop::collection::vec(prop::sample::select(vec![" ", "\t\n", "/**/", " -- x\n", "/* DROP */"]), 12),
    ) {
        for (text, effect) in [("drop database prod", DropDatabase), ("delete from t where 1 = 1", DeleteWithoutWhere)] {
            let words = text.split(' ').enumerate().map(|(i, word)| {
                let word = if upper[i] { word.to_uppercase() } else { word.to_owned() };
                format!("{word}{}", gaps[i])
            });
            let text: String = words.collect();
            prop_assert!(classify(&text).effects.contains(&effect), "{}", text);
        }
    }
}
