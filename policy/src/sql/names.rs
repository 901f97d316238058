/*! Functions and procedures that do more than compute. */

use super::SqlEffect;

/// Sorted by name, which is in lower case.
const NAMES: &[(&str, SqlEffect)] = &[
    ("crosstab", SqlEffect::DynamicSql),
    ("cursor_to_xml", SqlEffect::DynamicSql),
    ("dblink", SqlEffect::DynamicSql),
    ("dblink_exec", SqlEffect::DynamicSql),
    ("dblink_open", SqlEffect::DynamicSql),
    ("dblink_send_query", SqlEffect::DynamicSql),
    ("dbms_scheduler", SqlEffect::DynamicSql),
    ("dbms_sql", SqlEffect::DynamicSql),
    ("lo_export", SqlEffect::FileAccess),
    ("lo_import", SqlEffect::FileAccess),
    ("load_extension", SqlEffect::UntrustedCode),
    ("load_file", SqlEffect::FileAccess),
    ("opendatasource", SqlEffect::FileAccess),
    ("openquery", SqlEffect::DynamicSql),
    ("openrowset", SqlEffect::FileAccess),
    ("pg_advisory_unlock_all", SqlEffect::ServerConfig),
    ("pg_backup_start", SqlEffect::ServerConfig),
    ("pg_backup_stop", SqlEffect::ServerConfig),
    ("pg_cancel_backend", SqlEffect::ServerConfig),
    ("pg_create_logical_replication_slot", SqlEffect::ServerConfig),
    ("pg_create_physical_replication_slot", SqlEffect::ServerConfig),
    ("pg_create_restore_point", SqlEffect::ServerConfig),
    ("pg_current_logfile", SqlEffect::FileAccess),
    ("pg_drop_replication_slot", SqlEffect::ServerConfig),
    ("pg_execute_server_program", SqlEffect::CopyProgram),
    ("pg_file_read", SqlEffect::FileAccess),
    ("pg_file_rename", SqlEffect::FileAccess),
    ("pg_file_sync", SqlEffect::FileAccess),
    ("pg_file_unlink", SqlEffect::FileAccess),
    ("pg_file_write", SqlEffect::FileAccess),
    ("pg_hba_file_rules", SqlEffect::FileAccess),
    ("pg_log_backend_memory_contexts", SqlEffect::ServerConfig),
    ("pg_logdir_ls", SqlEffect::FileAccess),
    ("pg_ls_archive_statusdir", SqlEffect::FileAccess),
    ("pg_ls_dir", SqlEffect::FileAccess),
    ("pg_ls_logdir", SqlEffect::FileAccess),
    ("pg_ls_tmpdir", SqlEffect::FileAccess),
    ("pg_ls_waldir", SqlEffect::FileAccess),
    ("pg_promote", SqlEffect::ServerConfig),
    ("pg_read_binary_file", SqlEffect::FileAccess),
    ("pg_read_file", SqlEffect::FileAccess),
    ("pg_reload_conf", SqlEffect::ServerConfig),
    ("pg_rotate_logfile", SqlEffect::ServerConfig),
    ("pg_start_backup", SqlEffect::ServerConfig),
    ("pg_stat_file", SqlEffect::FileAccess),
    ("pg_stat_reset", SqlEffect::ServerConfig),
    ("pg_stop_backup", SqlEffect::ServerConfig),
    ("pg_switch_wal", SqlEffect::ServerConfig),
    ("pg_terminate_backend", SqlEffect::ServerConfig),
    ("pg_wal_replay_pause", SqlEffect::ServerConfig),
    ("query_to_xml", SqlEffect::DynamicSql),
    ("query_to_xml_and_xmlschema", SqlEffect::DynamicSql),
    ("query_to_xmlschema", SqlEffect::DynamicSql),
    ("read_blob", SqlEffect::FileAccess),
    ("read_csv", SqlEffect::FileAccess),
    ("read_csv_auto", SqlEffect::FileAccess),
    ("read_json", SqlEffect::FileAccess),
    ("read_json_auto", SqlEffect::FileAccess),
    ("read_parquet", SqlEffect::FileAccess),
    ("read_text", SqlEffect::FileAccess),
    ("readfile", SqlEffect::FileAccess),
    ("set_config", SqlEffect::ServerConfig),
    ("sp_add_job", SqlEffect::DynamicSql),
    ("sp_add_jobstep", SqlEffect::DynamicSql),
    ("sp_addextendedproc", SqlEffect::UntrustedCode),
    ("sp_addlinkedserver", SqlEffect::ServerConfig),
    ("sp_addlogin", SqlEffect::PrivilegeChange),
    ("sp_addrolemember", SqlEffect::PrivilegeChange),
    ("sp_addsrvrolemember", SqlEffect::PrivilegeChange),
    ("sp_adduser", SqlEffect::PrivilegeChange),
    ("sp_configure", SqlEffect::ServerConfig),
    ("sp_cursoropen", SqlEffect::DynamicSql),
    ("sp_droplogin", SqlEffect::PrivilegeChange),
    ("sp_droprolemember", SqlEffect::PrivilegeChange),
    ("sp_dropuser", SqlEffect::PrivilegeChange),
    ("sp_execute", SqlEffect::DynamicSql),
    ("sp_execute_external_script", SqlEffect::UntrustedCode),
    ("sp_executesql", SqlEffect::DynamicSql),
    ("sp_grantlogin", SqlEffect::PrivilegeChange),
    ("sp_msforeachdb", SqlEffect::DynamicSql),
    ("sp_msforeachtable", SqlEffect::DynamicSql),
    ("sp_oacreate", SqlEffect::UntrustedCode),
    ("sp_oamethod", SqlEffect::UntrustedCode),
    ("sp_password", SqlEffect::PrivilegeChange),
    ("sp_prepare", SqlEffect::DynamicSql),
    ("sp_prepexec", SqlEffect::DynamicSql),
    ("sp_rename", SqlEffect::AlterTable),
    ("sp_serveroption", SqlEffect::ServerConfig),
    ("sp_start_job", SqlEffect::DynamicSql),
    ("sys_eval", SqlEffect::UntrustedCode),
    ("sys_exec", SqlEffect::UntrustedCode),
    ("ts_stat", SqlEffect::DynamicSql),
    ("utl_file", SqlEffect::FileAccess),
    ("utl_http", SqlEffect::FileAccess),
    ("writefile", SqlEffect::FileAccess),
    ("xp_cmdshell", SqlEffect::UntrustedCode),
    ("xp_create_subdir", SqlEffect::FileAccess),
    ("xp_delete_file", SqlEffect::FileAccess),
    ("xp_dirtree", SqlEffect::FileAccess),
    ("xp_fileexist", SqlEffect::FileAccess),
    ("xp_regdeletekey", SqlEffect::ServerConfig),
    ("xp_regdeletevalue", SqlEffect::ServerConfig),
    ("xp_regread", SqlEffect::ServerConfig),
    ("xp_regwrite", SqlEffect::ServerConfig),
    ("xp_servicecontrol", SqlEffect::ServerConfig),
    ("xp_subdirs", SqlEffect::FileAccess),
];

/// What calling this name does. Procedures of SQL Server and packages of Oracle need no parenthesis
/// behind their name.
pub(super) fn effect(name: &str, called: bool) -> Option<SqlEffect> {
    let lower = || name.bytes().map(|byte| byte.to_ascii_lowercase());
    let found = NAMES.binary_search_by(|(known, _)| known.bytes().cmp(lower())).ok()?;
    let (known, effect) = NAMES.get(found)?;
    let bare = ["sp_", "xp_", "utl_", "dbms_"].iter().any(|prefix| known.starts_with(prefix));
    (called || bare).then_some(*effect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        assert_eq!(effect("PG_Read_File", true), Some(SqlEffect::FileAccess));
        assert_eq!(effect("pg_read_file", false), None);
        assert_eq!(effect("XP_CMDSHELL", false), Some(SqlEffect::UntrustedCode));
        assert_eq!(effect("trunc", true), None);
    }
}
