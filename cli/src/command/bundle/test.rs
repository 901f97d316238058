/*! `gatehouse bundle test`: the cases of a bundle, and which rules they leave out. */

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use policy::compile::{CaseReport, CaseResult};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::bundle::{Invalid, sources};
use crate::exit;
use crate::print::{self, Format};

#[derive(Args)]
pub struct Arguments {
    /// Also write the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// A rule that no case makes match fails the run.
    #[arg(long)]
    require_coverage: bool,
    /// Folders, YAML files or names of built-in bundles; several are tested together.
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let sources = sources(&arguments.sources)?;
    let report = policy::compile::test(&sources).map_err(Invalid::Mistakes)?;
    if let Some(file) = &arguments.junit {
        let xml = junit(&report).to_string().context("the results have no form in XML")?;
        std::fs::write(file, xml).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    print::out(&match format {
        Format::Human => human(&report),
        Format::Json => print::json(&program(&report))?,
    })?;
    let uncovered = arguments.require_coverage && !report.uncovered.is_empty();
    Ok(match uncovered || report.cases.iter().any(failed) {
        true => exit::found(),
        false => ExitCode::SUCCESS,
    })
}

fn failed(case: &CaseResult) -> bool {
    !case.failures.is_empty()
}

fn human(report: &CaseReport) -> String {
    let mut text = String::new();
    for case in &report.cases {
        let word = if failed(case) { "FAILED" } else { "ok" };
        let name = print::clean(&case.name);
        text.push_str(&format!("{word:6}  {name}  {}:{}\n", print::clean(&case.file), case.line));
        for failure in &case.failures {
            text.push_str(&format!("          {}\n", print::clean(failure)));
        }
    }
    for rule in &report.uncovered {
        text.push_str(&format!("no case makes the rule `{rule}` match\n"));
    }
    let failures = report.cases.iter().filter(|case| failed(case)).count();
    let covered = report.rules - report.uncovered.len();
    text.push_str(&format!(
        "{} passed, {failures} failed; {covered} of {} rules covered",
        report.cases.len() - failures,
        report.rules
    ));
    text
}

fn program(report: &CaseReport) -> Value {
    let case = |case: &CaseResult| {
        json!({ "name": case.name, "file": case.file, "line": case.line,
            "passed": !failed(case), "failures": case.failures })
    };
    json!({
        "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
        "failed": report.cases.iter().filter(|case| failed(case)).count(),
        "rules": report.rules,
        "uncovered": report.uncovered,
    })
}

fn junit(report: &CaseReport) -> Report {
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &report.cases {
        let mut status = TestCaseStatus::success();
        if failed(case) {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(case.failures.join("\n"));
        }
        let mut result = TestCase::new(case.name.as_str(), status);
        result.set_classname(format!("{}:{}", case.file, case.line));
        match suites.iter_mut().find(|suite| suite.name.as_str() == case.file) {
            Some(suite) => drop(suite.add_test_case(result)),
            None => {
                let mut suite = TestSuite::new(case.file.as_str());
                suite.add_test_case(result);
                suites.push(suite);
            }
        }
    }
    let mut whole = Report::new("gatehouse bundle test");
    whole.add_test_suites(suites);
    whole
}

#[cfg(test)]
mod tests;
