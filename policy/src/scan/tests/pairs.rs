//! Names that do not stand right before their values: in members beside them, in lists of columns, and in
//! rows of their own. `SECRET` stands for a value here, `OTHER` for one that stays.

use super::context::{flowed, masked};
use super::samples::{scanner, ssn};

const MARK: &str = "[REDACTED:password]";

/// What is masked in a text, and nothing else.
fn check(text: &str, flows: bool) {
    let filled = text.replace("SECRET", "Hunter2Trapper").replace("OTHER", "Department2");
    let expected = text.replace("SECRET", MARK).replace("OTHER", "Department2");
    assert_eq!(masked(scanner(), &filled), expected);
    if flows {
        let everywhere: Vec<usize> = (0..filled.len()).collect();
        assert_eq!(flowed(scanner(), &filled, &[]), expected);
        assert_eq!(flowed(scanner(), &filled, &everywhere), expected);
    }
}

#[test]
fn members_beside_each_other() {
    for body in [
        r#"{"name":"password","value":"SECRET"}"#,
        r#"{"value":"SECRET","note":"OTHER","key":"DB_PASSWORD"}"#,
        r#"[{"name":"DB_PASSWORD","value":"SECRET"},{"name":"USER","value":"OTHER"}]"#,
        r#"{"Tags":[{"Key":"Password","Value":"SECRET"},{"Key":"Team","Value":"OTHER"}]}"#,
        r#"{"ParameterKey":"DBPassword","ParameterValue":"SECRET","Description":"OTHER"}"#,
        r#"{"id":"f1","label":"Your password","value":"SECRET"}"#,
        r#"{"name":"passwords","value":["OTHER"]} {"name":"password","values":["SECRET","SECRET"]}"#,
        r#"{"key":"db.password","value":{"stringValue":"SECRET","type":"OTHER"}}"#,
        r#"{"password":{"value":"SECRET","hint":"OTHER"},"user":{"value":"OTHER"}}"#,
        r#"{"n\u0061me":"OTHER","name":"pass\u0077ord","value":"SECRET"}"#,
        r#"{"text":"{\"name\":\"password\",\"value\":\"SECRET\"}"}"#,
        r#"{"name":"a","value":{"name":"password","value":"SECRET"},"values":"OTHER"}"#,
    ] {
        check(body, false);
    }
    let number = ssn().replace('-', "");
    let body = format!(r#"{{"field":"ssn","value":{number}}}"#);
    assert_eq!(masked(scanner(), &body), r#"{"field":"ssn","value":0}"#);
}

#[test]
fn what_only_speaks_of_names() {
    for body in [
        r#"{"name":"password","label":"Enter your password"}"#,
        r#"{"name":"password","type":"string","format":"OTHER"}"#,
        r#"{"name":"password","value":true,"id":12345678}"#,
        r#"{"name":"password","value":"********"}"#,
        r#"{"name":"password","value":"${DB_PASSWORD}"}"#,
        r#"{"name":"password","value":"<redacted>"}"#,
        r#"{"name":"password","value":"Enter your password"}"#,
        r#"{"key":"password","valueFrom":{"name":"OTHER","key":"OTHER"}}"#,
        r#"{"name":"password","children":[{"value":"OTHER"}]}"#,
        r#"{"required":["user","password"],"enum":["OTHER","OTHER"],"any":[["OTHER","OTHER"]]}"#,
        r#"{"fields":["user","password"],"row":["OTHER","OTHER"]}"#,
        r#"[["password","OTHER"],["OTHER","OTHER"]]"#,
    ] {
        check(body, false);
    }
}

#[test]
fn columns_of_rows_in_json() {
    for body in [
        r#"{"columns":["id","password"],"rows":[[1,"SECRET"],[2,"SECRET"],["OTHER"]]}"#,
        r#"{"rows":[["OTHER","SECRET"]],"fields":[{"type":3,"name":"id"},{"name":"password"}]}"#,
        r#"{"meta":[{"name":"password","type":"String"},{"name":"x"}],"data":[["SECRET","OTHER"]]}"#,
        r#"{"schema":{"fields":[{"name":"x"},{"name":"password"}]},"rows":[{"f":[{"v":"OTHER"},{"v":"SECRET"}]}]}"#,
        r#"{"columns":["x","password"],"data":[{"row":["OTHER","SECRET"],"note":["OTHER","OTHER"]}]}"#,
        r#"{"cols":[{"name":"password"}],"rows":[[{"type":"OTHER","value":"SECRET"}]]}"#,
        r#"{"values":[["id","password","city"],["1","SECRET","OTHER"],["2","SECRET","OTHER"]]}"#,
        r#"[{"columns":["password"],"rows":[["SECRET"]]},{"columns":["x"],"rows":[["OTHER"]]}]"#,
        r#"{"columns":["id","password"],"rows":[[["OTHER","OTHER"],"SECRET"]]}"#,
    ] {
        check(body, false);
    }
}

#[test]
fn names_and_values_in_text() {
    for text in [
        "env:\n- name: DB_PASSWORD\n  value: SECRET\n- name: USER\n  value: OTHER\n",
        "- Key: 'Password'\r\n  Value: \"SECRET\"\r\n- Key: Team\r\n  Value: OTHER\r\n",
        "- ParameterKey: DBPassword\n  ParameterValue: SECRET\n",
        r#"got {"name":"DB_PASSWORD","value":"SECRET"} and {"key": "USER", "value": "OTHER"}"#,
        "<property name=\"password\" value=\"SECRET\"/><entry key=\"password\">SECRET</entry>",
        "<p><name>password</name>\n <value>SECRET</value></p><name>user</name><value>OTHER</value>",
        "<property name=\"password\"><value>SECRET</value></property>",
        "<param-name>db.password</param-name><param-value><![CDATA[SECRET]]></param-value>",
        "- name: DB_PASSWORD\n  valueFrom: OTHER\n- required: password\n  type: OTHER\n",
    ] {
        check(text, true);
    }
}
