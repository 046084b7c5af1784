// The words that SQL statements start with, and the calls that reach outside a database, over the common dialects.

import { wordSet } from "../word-set.ts";

/** Statements that read. */
export const READ_STARTS: ReadonlySet<string> = wordSet("select show describe desc values table help list");

/** Statements that change nothing by themselves: transactions and the session's own settings. */
export const NEUTRAL_STARTS: ReadonlySet<string> = wordSet(
  "begin commit rollback savepoint release start end use abort declare fetch close open print if while return discard deallocate",
);

/** Statements that change rows. */
export const WRITE_STARTS: ReadonlySet<string> = wordSet(
  "insert merge replace upsert call refresh listen notify unlisten lock",
);

/** Statements that change structure or storage. */
export const SCHEMA_STARTS: ReadonlySet<string> = wordSet(
  "rename comment reindex vacuum cluster optimize repair analyze check rebuild",
);

/** Statements that concern the server, rights, code on the server, or files. */
export const ADMIN_STARTS: ReadonlySet<string> = wordSet(
  "grant revoke deny copy load do exec execute prepare attach detach install uninstall kill shutdown reset purge flush change stop backup restore import export bulk dbcc reconfigure reassign security checkpoint handler source system unload optimize_table dump xp_cmdshell sp_configure",
);

/** Functions and procedures that reach files, programs, the network or the server's own state. */
export const ADMIN_CALLS: ReadonlySet<string> = wordSet(
  "xp_cmdshell xp_regread xp_regwrite xp_dirtree xp_fileexist xp_subdirs xp_servicecontrol xp_loginconfig xp_availablemedia xp_enumgroups sp_configure sp_oacreate sp_oamethod sp_addlogin sp_addsrvrolemember sp_addrolemember sp_executesql sp_execute_external_script sp_makewebtask sp_addextendedproc sp_start_job sp_add_job sp_linkedservers sp_addlinkedserver " +
    "load_file load_extension writefile readfile edit fts3_tokenizer sys_exec sys_eval sys_get sys_set lib_mysqludf_sys_info " +
    "lo_import lo_export lo_get lo_put lo_from_bytea pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_ls_logdir pg_ls_waldir pg_file_write pg_file_unlink pg_file_rename pg_logdir_ls pg_execute_server_program pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_switch_wal pg_create_restore_point pg_promote pg_sleep set_config dblink dblink_exec dblink_connect query_to_xml database_to_xml table_to_xml " +
    "openrowset opendatasource openquery utl_file utl_http utl_smtp utl_tcp utl_inaddr utl_mail dbms_scheduler dbms_java dbms_xslprocessor dbms_advisor dbms_ldap dbms_lob dbms_pipe dbms_xmlquery dbms_xmlgen dbms_job dbms_sql dbms_cloud httpuritype " +
    "benchmark sleep read_csv read_parquet read_json read_text read_blob sqlite_dbpage system url file s3 remote mysql postgresql executable httpget http_get http_post",
);
