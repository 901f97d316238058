use super::*;

#[test]
fn what_is_not_sql_is_unparsed() {
    for text in [
        "please delete everything",
        "SELECT 'open",
        "SELECT 1)",
        "foo(",
        "SELECT U&\"pg\\005fread\\005ffile\"('x')",
        "SELECT 1; nonsense here",
    ] {
        assert!(classify(text).unparsed, "{text}");
    }
    has_effect("nonsense; DROP TABLE t", DropTable);
    assert_eq!(classify("SELECT 1;; SELECT 2;").statements, 2);
}

#[test]
fn prose_needs_no_decision() {
    for text in [
        "Please delete the old reports from the archive",
        "Delete the old reports from the archive",
        "Update the customer record and set the name",
        "Select the best option from the list",
        "Insert coin",
        "Drop me a line when the table is free",
        "Drop the old user table from the backup plan",
        "Create a user for Bob",
        "Copy the file to my home",
        "Execute the plan",
        "Do it now",
        "Call me maybe",
        "Set the table",
        "Show me the customers",
        "With kind regards",
        "Table for two",
        "Explain how DROP works",
        "Use the force",
        "Kill the process",
        "Load the data",
        "Grant us peace",
        "Begin with the end",
        "If you drop the ball",
        "shutdown",
        "truncate",
        "DELETE /v1/customers/92362",
        "https://example.com/drop/table",
        "{\"a\": 1}",
        "2024-01-01",
        "docs/delete-guide.md",
        "",
        "   ",
        "---",
        "# Heading\n\nDrop by any time",
    ] {
        if looks_like_sql(text) {
            harmless(text);
        }
    }
}
