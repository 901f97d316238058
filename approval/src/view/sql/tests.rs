use proptest::prelude::*;

use super::{Class, lay_out, tokens};

#[test]
fn one_clause_a_line() {
    let text =
        "delete  from customers where id in (select id from old where x=1) and a='x  y' or b";
    let expected = "delete from customers\nwhere id in (\n  select id\n  from old\n  where x=1\n)\n  \
                    and a='x  y'\n  or b";
    assert_eq!(lay_out(text), expected);
    assert_eq!(lay_out("select 1; drop table t -- bye\n;"), "select 1;\ndrop table t -- bye\n;");
    assert_eq!(lay_out("SELECT a BETWEEN 1 AND 2 AND b"), "SELECT a BETWEEN 1 AND 2\n  AND b");
    let text =
        "with gone as ( delete from t where a in (1, 2) returning id) select max(id) from gone";
    let expected = "with gone as (\n  delete from t\n  where a in (1, 2)\n  returning id\n)\n\
                    select max(id)\nfrom gone";
    assert_eq!(lay_out(text), expected);
}

proptest! {
    #[test]
    fn tokens_cover_the_text(text in "[ a-zA-Z0-9'\"`$;()/*\\-\\\\\n é]{0,60}") {
        prop_assert_eq!(tokens(&text).map(|token| token.text).collect::<String>(), text);
    }

    #[test]
    fn only_white_space_moves(text in "(select|from|and|or|'a  b'|\\$x\\$ y \\$x\\$|--c\n|/\\* d|;|\\(|\\)|\"q r\"| |\n|x|1|é|\\\\|'){0,30}") {
        let laid_out = lay_out(&text);
        let solid = |text: &str| -> Vec<String> {
            tokens(text).filter(|t| t.class != Class::Space).map(|t| t.text.to_owned()).collect()
        };
        prop_assert_eq!(solid(&laid_out), solid(&text));
    }
}
