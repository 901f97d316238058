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

#[test]
fn names_in_a_row_of_their_own() {
    for text in [
        "<table><thead><tr><th>Name</th><th>Password</th></tr></thead>\n<tr><td>OTHER</td><td>SECRET</td></tr></table>",
        "<tr><th></th><th>Password<th>City<tr><th>OTHER<td><code>SECRET</code><td>OTHER</tr>",
        "<tr><th>Password</th><td>SECRET</td></tr><tr><th>Department</th><td>OTHER</td></tr>",
        "| id | password |\n|---:|:---------|\n| OTHER | SECRET |\n",
        "1st,password,'id'\n1,SECRET,OTHER\n",
        "id, password, city\n1, SECRET, OTHER\n2, SECRET, OTHER\n",
        "id;password\nOTHER;SECRET\n",
        "id\tpassword\nOTHER\tSECRET\n",
        "Hello, password\nNext, everything\nThen, something\n",
        "password,\ndatabase_name,\nOTHER,\n",
    ] {
        check(text, true);
    }
}

/// However long the table is behind it.
#[test]
fn a_stray_quote_hides_no_row() {
    let rows = "2,SECRET,OTHER\n".repeat(100);
    for row in
        ["1,\"SECRET,OTHER", "1,SECRET,\"OTHER", "\"1,SECRET,OTHER", "1,SECRET,\"a\nOTHER\nb\""]
    {
        check(&format!("id,password,city\n{row}\n{rows}"), true);
        check(&format!("id,password,city\n{row}\n2,SECRET,\"OTHER"), true);
    }
    check(&format!("id,password,city\n1,\"SECRET,OTHER\n{}3,\"SECRET\",OTHER", &rows[..150]), true);
}

#[test]
fn base64_over_lines_and_in_queries() {
    let text = "-".repeat(50)
        + " password: Hunter2Trapper and a long text with \u{fb}\u{ff}\u{fe}? behind it, which goes on and on.";
    let clean = text.replace("Hunter2Trapper", MARK);
    for between in ["\n", "\r\n", "\n    "] {
        for width in [24, 64, 76] {
            let before = format!("a: b{between}");
            let [body, expected] = [&text, &clean].map(|text| {
                let encoded = base64(text);
                let lines: Vec<&str> = (0..encoded.len())
                    .step_by(width)
                    .map(|at| &encoded[at..encoded.len().min(at + width)])
                    .collect();
                format!("{before}{}{between}--end", lines.join(between))
            });
            assert_eq!(masked(scanner(), &body), expected);
            let everywhere: Vec<usize> = (0..body.len()).collect();
            assert_eq!(flowed(scanner(), &body, &everywhere), expected);
            let json = |text: &str| serde_json::json!({ "text": text }).to_string();
            assert_eq!(masked(scanner(), &json(&body)), json(&expected));
        }
    }
    let query = |text: &str| {
        let encoded = base64(text).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("state%3D{encoded}&x=%20{encoded}")
    };
    assert_eq!(masked(scanner(), &query(&text)), query(&clean));
    assert_eq!(flowed(scanner(), &query(&text), &[7, 99]), query(&clean));
}

fn base64(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(text)
}
