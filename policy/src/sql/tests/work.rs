//! Work is counted, never timed: it is linear in the text, whatever the text.

use proptest::prelude::*;

use super::*;

/// Looks at tokens that guessing at the text takes.
fn spent(text: &str) -> (u64, Option<Sql>) {
    let work = Work::for_bytes(text.len());
    let sql = guess(text, &work);
    (work.spent(), sql)
}

/// The limit, and the few looks at everything with which it is overrun.
fn bound(text: &str) -> u64 {
    104 * text.len() as u64 + 20_100
}

#[test]
fn attacks_are_cut_short() {
    let also = format!("SELECT 1 FROM a -- \n{}", "ALSO DELETE FROM(".repeat(1_500));
    let part = "x < 1 AND y LIKE 'a' AND z IN (1, 2, 3, 4, 5, 6, 7, 8)";
    let parts = vec![part; 24].join(" OR ");
    let nested = format!("DELETE FROM t WHERE {parts} AND a IN (").repeat(60);
    let verbs = "SELECT 1 -- \n DELETE FROM t THEN DELETE FROM t ".repeat(1_000);
    let merges =
        format!("SELECT 1 [\n{}", "MERGE INTO t USING s ON true WHEN x THEN DELETE ".repeat(1_200));
    for text in [
        also,
        format!("{nested}1{}", ")".repeat(60)),
        verbs,
        merges,
        format!("DELETE FROM t WHERE {}", "NOT (x OR y AND ".repeat(1_500)),
        format!("DELETE FROM t WHERE {}", "CASE WHEN ".repeat(1_500)),
        "UPDATE ".repeat(1_200),
        "UPDATE t,".repeat(1_200),
        "GRANT a ON ".repeat(1_200),
        "COPY t ".repeat(1_200),
        "SET a = 1, ".repeat(1_200),
        "SET ".repeat(1_200),
        "SELECT TOP (".repeat(1_200),
        "DELETE FROM a, ".repeat(1_200),
        "DELETE a, ".repeat(1_200),
        "DELETE the FROM ".repeat(1_200),
        "DROP TABLE a, ".repeat(1_200),
        "TRUNCATE a, ".repeat(1_200),
        "CREATE FUNCTION f(".repeat(1_200),
        "WITH a(".repeat(1_200),
        "CALL a(".repeat(1_200),
        "VACUUM ".repeat(1_200),
        "MERGE INTO a ".repeat(1_200),
        "a.".repeat(1_200) + "DROP",
        "EXEC a.".repeat(1_200),
        "EXEC a@".repeat(1_200),
        "a @ DELETE @ ".repeat(1_200),
        "EXEC(\"UPDATE t\") ".repeat(1_200),
        "EXEC($a$EXEC($b$EXEC($c$EXEC('UPDATE t')$c$)$b$)$a$) ".repeat(400),
        "PREPARE a FROM \"DROP x y z DROP x y z DROP x y z\"; ".repeat(400),
        "GRANT a ON b IN SCHEMA ".repeat(800),
        "ATTACH 'a' ".repeat(1_200),
        "DO 'EXEC(''DO x'')' ".repeat(1_500),
    ] {
        let (steps, _) = spent(&text);
        assert!(steps <= bound(&text), "{steps} for {} of {:.60}", text.len(), text);
    }
}

#[test]
fn over_the_budget_nothing_is_known() {
    let text = format!("SELECT 1 FROM a -- \n{}", "ALSO DELETE FROM(".repeat(1_500));
    let sql = spent(&text).1.unwrap();
    assert!(sql.over_budget && sql.unparsed);
    // What was spent on one text is missing for the next.
    let work = Work::for_bytes(text.len());
    assert!(guess(&text, &work).is_some_and(|sql| sql.over_budget));
    assert!(guess("hello", &work).is_some_and(|sql| sql.over_budget));
}

/// Scripts of people, as long as a body may be, are far from it.
#[test]
fn real_scripts_are_judged_whole() {
    for piece in [
        "INSERT INTO t (a, b, c) VALUES (1, 'it''s', NULL), (2, \"x\", 3);\n",
        "DELETE FROM t WHERE id = 1 AND (a = 'b' OR c IN (1, 2, 3));\n",
        "DELETE FROM [t] WHERE id = 1 AND (a = 'b' OR c IN (1, 2, 3))\n",
        "UPDATE t SET a = 1, b = `c` WHERE id BETWEEN 1 AND 2 OR d IS NULL;\n",
        "CREATE TABLE [dbo].[t] (id int PRIMARY KEY, name varchar(9) NOT NULL) ON [PRIMARY]\nGO\n",
        "CREATE OR ALTER PROCEDURE p @a int AS BEGIN SELECT 1 END\nGO\n",
        "DELETE FROM \"t\" WHERE a=1 OR a=2 OR a=3 OR a=4 OR a=5 OR a=6 OR a=7 OR a=8 OR a=9 OR b=1;\n",
        "UPDATE t SET a=1 WHERE \"a\"<>1 AND (b<>2 OR c<>3 OR d<>4 OR e<>5 OR f<>6 OR g<>7);\n",
        "SELECT a, b FROM \"t\" JOIN u ON t.id = u.id WHERE c > 5 ORDER BY d LIMIT 5;\n",
        "GRANT SELECT ON t TO \"r\"; ALTER TABLE t ADD COLUMN c int; COMMENT ON TABLE t IS 'x';\n",
    ] {
        let text = piece.repeat(30_000 / piece.len());
        let (steps, sql) = spent(&text);
        let sql = sql.unwrap();
        assert!(!sql.over_budget, "{piece}");
        assert!(steps < 44 * text.len() as u64, "{} per byte: {piece}", steps / text.len() as u64);
    }
}

#[test]
fn what_looks_into_literals_stays_cheap() {
    let piece = "execute(\"git commit -m done\"); execute('npm start'); kill 12; load \"x\"\n";
    let text = piece.repeat(30_000 / piece.len());
    let (steps, sql) = spent(&text);
    assert!(sql.is_none());
    assert!(steps < 40 * text.len() as u64, "{} per byte", steps / text.len() as u64);
}

#[test]
fn most_text_costs_nothing() {
    for text in ["hello", "Please come", "customers/7", &"lorem ipsum dolor sit amet. ".repeat(999)]
    {
        assert_eq!(spent(text), (0, None), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn hostile_soups_are_bounded(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "SELECT ", "DELETE ", "FROM ", "WHERE ", "ALSO ", "OR ", "AND ", "NOT ", "(", ")", ",", ".", "a ", "'x' ",
            "UPDATE ", "SET ", "= ", "MERGE ", "USING ", "ON ", "WHEN ", "THEN ", "CASE ", "END ", "COPY ", "TO ", "x<>1 ",
            "CREATE ", "FUNCTION ", "LANGUAGE ", "TABLE ", "DROP ", "GRANT ", "EXEC ", "DO 'a' ", "-- \n", "[", "`", "\"",
            "/* */", "TOP ", "IN ", "BETWEEN ", "WITH ", "AS ", "TRUNCATE ", "SET a = 1, ", "EXEC('SELECT 1') ", "; ", "1=1 ",
        ]), 1..12),
        times in 50usize..400,
        front in prop::sample::select(vec!["", "DELETE FROM t WHERE ", "SELECT 1 ", "EXEC(' ", "x: "]),
    ) {
        let text = format!("{front}{}", pieces.concat().repeat(times));
        let (steps, _) = spent(&text);
        prop_assert!(steps <= bound(&text), "{} for {} of {:.80}", steps, text.len(), text);
    }
}
