//! Statements that change rows.

use super::Productions;

pub(super) fn rules(symbol: &str) -> Option<Productions> {
    Some(match symbol {
        "insert" => &[
            ("", "INSERT INTO #table ( #bare ) VALUES ( #literal )"),
            ("", "INSERT INTO #table VALUES ( #value , #literal )"),
            (
                "",
                "INSERT INTO #table ( #bare , #bare ) SELECT #column , #column FROM #table #where",
            ),
            ("", "INSERT INTO #table #query_in"),
            ("pts", "INSERT INTO #table DEFAULT VALUES"),
            (
                "p",
                "INSERT INTO #table ( #bare ) VALUES ( #literal ) ON CONFLICT ( id ) DO UPDATE SET #bare = #value",
            ),
            ("ps", "INSERT INTO #table ( #bare ) VALUES ( #literal ) ON CONFLICT DO NOTHING"),
            ("p", "INSERT INTO #table ( #bare ) VALUES ( #literal ) RETURNING *"),
            ("m", "INSERT IGNORE INTO #table ( #bare ) VALUES ( #literal )"),
            (
                "m",
                "INSERT INTO #table ( #bare ) VALUES ( #literal ) ON DUPLICATE KEY UPDATE #bare = #value",
            ),
            ("m", "REPLACE INTO #table ( #bare ) VALUES ( #literal )"),
            ("s", "INSERT OR REPLACE INTO #table ( #bare ) VALUES ( #literal )"),
            ("m", "INSERT INTO #table SET #bare = #value"),
            ("t", "INSERT #table ( #bare ) VALUES ( #literal )"),
            ("t", "INSERT INTO #table ( #bare ) OUTPUT inserted.id VALUES ( #literal )"),
            ("p", "#with INSERT INTO #table #query_in"),
            ("", "INSERT INTO #table ( #bare ) VALUES ( #literal ) , ( #literal ) , ( #text )"),
        ],
        "update" => &[
            ("", "UPDATE #table SET #bare = #value WHERE #condition"),
            ("", "UPDATE #table SET #bare = #value WHERE #condition"),
            ("", "UPDATE #table SET #bare = #value"),
            ("", "UPDATE #table SET #bare = #value , #bare = #literal #where"),
            ("ps", "UPDATE #table AS #alias SET #bare = #value #where"),
            ("p", "UPDATE ONLY #table SET #bare = #value WHERE #condition"),
            ("pts", "UPDATE #table SET #bare = #value FROM #table #where"),
            ("m", "UPDATE #table t JOIN #table u ON t.id = u.id SET #bare = #value #where"),
            ("t", "UPDATE t SET #bare = #value FROM #table t JOIN #table u ON #condition #where"),
            ("p", "UPDATE #table SET ( #bare , #bare ) = ( #literal , #literal ) WHERE #condition"),
            ("p", "UPDATE #table SET #bare = #value WHERE #condition RETURNING *"),
            ("p", "UPDATE #table SET #bare = #value RETURNING *"),
            ("s", "UPDATE OR IGNORE #table SET #bare = #value #where"),
            ("m", "UPDATE #table SET #bare = #value #where ORDER BY #column LIMIT 3"),
            ("t", "UPDATE #table SET #bare = #value OUTPUT deleted.id WHERE #condition"),
            ("p", "#with UPDATE #table SET #bare = #value #where"),
        ],
        "delete" => &[
            ("", "DELETE FROM #table WHERE #condition"),
            ("", "DELETE FROM #table WHERE #condition"),
            ("", "DELETE FROM #table"),
            ("", "DELETE FROM #table #where"),
            ("p", "DELETE FROM #table USING #table #where"),
            ("ps", "DELETE FROM #table AS #alias #where"),
            ("ps", "DELETE FROM #table #where RETURNING *"),
            ("m", "DELETE t , u FROM #table AS t JOIN #table AS u ON t.id = u.id #where"),
            ("m", "DELETE FROM t USING #table AS t JOIN #table AS u ON #condition #where"),
            ("m", "DELETE FROM #table #where ORDER BY #column LIMIT 3"),
            ("t", "DELETE t FROM #table t JOIN #table u ON #condition #where"),
            ("t", "DELETE FROM #table OUTPUT deleted.* #where"),
            ("p", "#with DELETE FROM #table #where"),
            ("s", "#with DELETE FROM #table #where"),
            ("m", "DELETE t FROM #table AS t #where"),
        ],
        "merge" => &[
            (
                "pt",
                "MERGE INTO #table AS t USING #table AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET #bare = #literal #merge_end",
            ),
            (
                "pt",
                "MERGE INTO #table AS t USING ( #query_in ) AS s ON #condition WHEN MATCHED THEN DELETE #merge_end",
            ),
            ("pt", "MERGE #table USING #table ON 1 = 1 WHEN MATCHED THEN DELETE #merge_end"),
            (
                "pt",
                "MERGE INTO #table AS t USING #table AS s ON t.id = s.id WHEN NOT MATCHED THEN INSERT ( #bare ) VALUES ( #literal ) #merge_end",
            ),
            (
                "t",
                "MERGE INTO #table AS t USING #table AS s ON t.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE #merge_end",
            ),
            (
                "pt",
                "MERGE INTO #table AS t USING #table AS s ON t.id = s.id WHEN MATCHED AND #condition THEN UPDATE SET #bare = #value WHEN NOT MATCHED THEN INSERT ( #bare ) VALUES ( #literal ) #merge_end",
            ),
        ],
        "merge_end" => &[("p", ""), ("t", ";")],
        "truncate" => &[
            ("pmt", "TRUNCATE TABLE #table"),
            ("p", "TRUNCATE #table , #table CASCADE"),
            ("p", "TRUNCATE TABLE ONLY #table RESTART IDENTITY"),
            ("m", "TRUNCATE #table"),
        ],
        _ => return None,
    })
}
