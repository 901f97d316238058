//! What a parsed statement does, and what it names: everything in it is walked, what is nested too.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    AssignmentTarget, ContextModifier, CopySource, CopyTarget, CreateFunctionBody, Expr, Ident,
    Insert as InsertOf, Merge, MergeAction, MergeClauseKind, ObjectName, ObjectType,
    OnConflictAction, OnInsert, Query, Select, SelectItem, Set, SetExpr, Statement, TableFactor,
    Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::evaluate::{Holds, holds};
use super::{Dialect, SqlEffect, SqlEffect::*};

#[derive(Debug, Default)]
pub(super) struct Expected {
    pub effects: BTreeSet<SqlEffect>,
    pub notes: BTreeSet<Note>,
    pub named: Named,
    pub dialect: Dialect,
}

/// As the classifier spells it.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub tables: BTreeSet<String>,
    pub columns: BTreeSet<String>,
    /// What the oracle takes for columns, and is none.
    other: BTreeSet<String>,
}

impl Named {
    fn table(&mut self, name: &ObjectName) {
        let parts: Vec<String> = name.0.iter().filter_map(|p| p.as_ident()).map(spelled).collect();
        self.tables.insert(parts.join("."));
    }

    fn column(&mut self, name: Option<&Ident>) {
        self.columns.extend(name.map(spelled));
    }

    fn target(&mut self, target: &AssignmentTarget) {
        let names = match target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names,
        };
        names.iter().for_each(|name| self.column(name.0.last().and_then(|part| part.as_ident())));
    }
}

fn spelled(name: &Ident) -> String {
    match name.quote_style {
        None => name.value.to_lowercase(),
        Some(_) => name.value.clone(),
    }
}

/// What was seen that this oracle does not judge to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// The condition of a change is not constant, as far as is known here, and holds no column outside of
    /// what is compared.
    UnjudgedCondition,
    /// Rows without a match in the source are changed, some of them only.
    MergeBySource,
    ExecutedName,
    /// Text that may be run later.
    Body,
    /// `KILL 7`, `EXECUTE p (1)`: SQL only where something says so.
    ReadsLikeProse,
    /// `SELECT a AS delete`.
    KeywordAsName,
}

pub(super) fn expected(statements: &[Statement], dialect: Dialect) -> Expected {
    let mut expected = Expected { dialect, ..Expected::default() };
    statements.iter().for_each(|statement| expected.take(statement));
    // Hints and settings; and it knows no `ONLY`.
    let named = &mut expected.named;
    named
        .columns
        .retain(|name| !named.other.contains(name) && name != "nolock" && name != "replica");
    named.tables.remove("only");
    expected
}

impl Expected {
    fn take(&mut self, statement: &Statement) {
        if let Statement::Explain { analyze, options, .. } = statement {
            let says = |option: &sqlparser::ast::UtilityOption| {
                let off = option.arg.as_ref().is_some_and(|arg| {
                    matches!(arg.to_string().to_lowercase().as_str(), "false" | "off" | "0")
                });
                option.name.value.eq_ignore_ascii_case("analyze") && !off
            };
            if !analyze && !options.iter().flatten().any(says) {
                self.effects.insert(Read);
                return;
            }
        }
        let _ = statement.visit(self);
    }

    fn add(&mut self, effect: SqlEffect) {
        self.effects.insert(effect);
    }

    fn change(&mut self, some: SqlEffect, every: SqlEffect, condition: Option<&Expr>) {
        self.add(some);
        match condition.map(holds) {
            None | Some(Holds::Always) => self.add(every),
            Some(Holds::Depends) => drop(self.notes.insert(Note::UnjudgedCondition)),
            Some(Holds::Never) => {}
        }
    }

    fn insert(&mut self, insert: &InsertOf) {
        self.add(Insert);
        let columns = insert.columns.iter().filter_map(|name| name.0.last());
        columns.for_each(|part| self.named.column(part.as_ident()));
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(_)) => self.add(Update),
            Some(OnInsert::OnConflict(on)) if on.action != OnConflictAction::DoNothing => {
                self.add(Update);
            }
            _ => {}
        }
    }

    fn merge(&mut self, merge: &Merge) {
        for clause in &merge.clauses {
            let by_source = clause.clause_kind == MergeClauseKind::NotMatchedBySource;
            if by_source {
                self.notes.insert(Note::MergeBySource);
            }
            let condition = match (by_source, clause.predicate.as_ref()) {
                (true, predicate) => predicate,
                (false, _) => Some(&*merge.on),
            };
            match clause.action {
                MergeAction::Insert(_) => self.add(Insert),
                MergeAction::Update(_) => self.change(Update, UpdateWithoutWhere, condition),
                MergeAction::Delete { .. } => self.change(Delete, DeleteWithoutWhere, condition),
                MergeAction::DoNothing { .. } => {}
            }
        }
    }

    fn drop(&mut self, kind: &ObjectType) {
        self.add(match kind {
            ObjectType::Database => DropDatabase,
            ObjectType::Schema => DropSchema,
            ObjectType::Table => DropTable,
            ObjectType::Role | ObjectType::User => PrivilegeChange,
            _ => DropObject,
        });
    }

    fn set(&mut self, set: &Set) {
        let mut one = |scope: &Option<ContextModifier>, name: &ObjectName| {
            let name = name.to_string().to_lowercase();
            if *scope == Some(ContextModifier::Global)
                || name.starts_with("@@global")
                || name == "session_replication_role"
            {
                self.add(ServerConfig);
            }
            if ["role", "row_security", "session_authorization"].contains(&name.as_str()) {
                self.add(PrivilegeChange);
            }
        };
        match set {
            Set::SingleAssignment { scope, variable, .. } => one(scope, variable),
            Set::MultipleAssignments { assignments } => {
                assignments.iter().for_each(|each| one(&each.scope, &each.name));
            }
            Set::SetRole { .. } | Set::SetSessionAuthorization(_) => self.add(PrivilegeChange),
            _ => {}
        }
    }

    /// Of `CREATE FUNCTION`: whose body may be SQL, too.
    fn function(&mut self, language: &str, body: Option<&CreateFunctionBody>) {
        let stays = ["", "sql", "plpgsql"].contains(&language.to_lowercase().as_str());
        self.add(if stays { Create } else { UntrustedCode });
        self.notes.insert(Note::Body);
        let text = match body {
            Some(CreateFunctionBody::AsBeforeOptions { body, .. }) => body,
            Some(CreateFunctionBody::AsAfterOptions(body)) => body,
            _ => return,
        };
        let Expr::Value(value) = text else { return };
        let text = match &value.value {
            Value::SingleQuotedString(text) => text,
            Value::DollarQuotedString(quoted) => &quoted.value,
            _ => return,
        };
        if let Ok(statements) = Parser::parse_sql(&PostgreSqlDialect {}, text)
            && stays
        {
            // What it reads, it reads when it is called.
            let reads = self.effects.contains(&Read);
            statements.iter().for_each(|statement| self.take(statement));
            if !reads {
                self.effects.remove(&Read);
            }
        }
    }

    fn call(&mut self, name: &ObjectName) {
        let Some(last) = name.0.last().and_then(|part| part.as_ident()) else { return };
        let effect = match last.value.to_lowercase().as_str() {
            "pg_read_file"
            | "pg_read_binary_file"
            | "pg_ls_dir"
            | "lo_import"
            | "load_file"
            | "readfile"
            | "writefile"
            | "xp_dirtree" => FileAccess,
            "pg_terminate_backend" | "set_config" | "sp_configure" => ServerConfig,
            "dblink_exec" | "query_to_xml" | "sp_executesql" => DynamicSql,
            "load_extension" | "sys_exec" | "xp_cmdshell" => UntrustedCode,
            "sp_rename" => AlterTable,
            _ => return,
        };
        self.add(effect);
    }
}

impl Visitor for Expected {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => {
                update.assignments.iter().for_each(|one| self.named.target(&one.target));
                self.change(Update, UpdateWithoutWhere, update.selection.as_ref());
            }
            Statement::Delete(delete) => {
                self.change(Delete, DeleteWithoutWhere, delete.selection.as_ref());
            }
            Statement::Merge(merge) => self.merge(merge),
            Statement::Truncate(_) => self.add(Truncate),
            Statement::Drop { object_type, names, .. } => {
                if *object_type == ObjectType::Table {
                    names.iter().for_each(|name| self.named.table(name));
                }
                self.drop(object_type);
            }
            Statement::DropFunction(_)
            | Statement::DropProcedure { .. }
            | Statement::DropTrigger(_)
            | Statement::DropExtension(_)
            | Statement::DropDomain(_) => self.add(DropObject),
            Statement::AlterTable(_) | Statement::RenameTable(_) => self.add(AlterTable),
            Statement::AlterView { .. }
            | Statement::AlterIndex { .. }
            | Statement::AlterType(_)
            | Statement::AlterSchema(_)
            | Statement::AlterFunction(_) => self.add(AlterObject),
            Statement::AlterRole { .. }
            | Statement::AlterUser(_)
            | Statement::AlterPolicy(_)
            | Statement::CreateRole(_)
            | Statement::CreateUser(_)
            | Statement::CreatePolicy(_)
            | Statement::DropPolicy(_) => self.add(PrivilegeChange),
            Statement::CreateTable(table) => {
                self.add(Create);
                if table.or_replace {
                    self.add(DropTable);
                }
            }
            Statement::CreateView(_)
            | Statement::CreateIndex(_)
            | Statement::CreateSequence { .. }
            | Statement::CreateDatabase { .. }
            | Statement::CreateSchema { .. }
            | Statement::CreateType { .. }
            | Statement::CreateDomain(_)
            | Statement::CreateTrigger(_)
            | Statement::CreateServer(_)
            | Statement::CreateVirtualTable { .. } => self.add(Create),
            Statement::CreateProcedure { .. } => {
                self.notes.insert(Note::Body);
                self.add(Create);
            }
            Statement::CreateExtension(_) | Statement::Load { .. } => self.add(UntrustedCode),
            Statement::CreateFunction(function) => {
                let language = function.language.as_ref().map_or("", |name| name.value.as_str());
                self.function(language, function.function_body.as_ref());
            }
            Statement::Grant(_) => self.add(Grant),
            Statement::Revoke(_) | Statement::Deny(_) => self.add(Revoke),
            Statement::Copy { source, target, .. } => {
                if let CopySource::Table { table_name, columns } = source {
                    self.named.table(table_name);
                    columns.iter().for_each(|name| self.named.column(Some(name)));
                }
                self.add(match target {
                    CopyTarget::Program { .. } => CopyProgram,
                    CopyTarget::File { .. } => FileAccess,
                    CopyTarget::Stdin => Insert,
                    CopyTarget::Stdout => Read,
                });
            }
            Statement::LoadData { .. } | Statement::AttachDatabase { .. } => self.add(FileAccess),
            Statement::Execute { name, immediate, .. } => {
                self.notes.extend([Note::ExecutedName, Note::ReadsLikeProse]);
                match name {
                    Some(_) if self.dialect == Dialect::Postgres => self.add(DynamicSql),
                    Some(name) => self.call(name),
                    None => self.add(DynamicSql),
                }
                if *immediate {
                    self.add(DynamicSql);
                }
            }
            Statement::Set(set) => self.set(set),
            Statement::Kill { .. } => {
                self.notes.insert(Note::ReadsLikeProse);
                self.add(ServerConfig);
            }
            Statement::Flush { .. } => self.add(ServerConfig),
            Statement::Pragma { name, value: Some(_), .. }
                if !name.to_string().eq_ignore_ascii_case("table_info") =>
            {
                self.add(ServerConfig);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if matches!(query.body.as_ref(), SetExpr::Table(_)) {
            self.add(Read);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.add(Read);
        if let Some(into) = &select.into {
            self.add(Create);
            // Tables, which it takes for expressions.
            self.named.other.extend(into.targets.iter().filter_map(|target| match target {
                Expr::Identifier(name) => Some(spelled(name)),
                Expr::CompoundIdentifier(names) => names.last().map(spelled),
                _ => None,
            }));
        }
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } if alias.quote_style.is_none() => {
                    self.notes.insert(Note::KeywordAsName);
                }
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                    self.named.columns.insert("*".to_owned());
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.named.table(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Function(function) => self.call(&function.name),
            Expr::Identifier(name)
                if name.quote_style.is_some() || !name.value.starts_with('@') =>
            {
                self.named.column(Some(name));
            }
            Expr::CompoundIdentifier(names) => self.named.column(names.last()),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } => self.call(name),
            TableFactor::Function { name, .. } => self.call(name),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
