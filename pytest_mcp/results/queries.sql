-- Every query of this room. What may be longer than an index entry (server and element names come from outside) is only
-- ever indexed by hash.

-- name: schema_version
SELECT version_num FROM pytest_mcp_version;

-- name: schema_version_table
SELECT to_regclass('pytest_mcp_version') IS NOT NULL;

-- name: schema_turn
-- Two processes that find the schema behind take turns; the lock goes with the transaction.
SELECT pg_advisory_xact_lock(7093840197341);

-- name: server_encoding
SHOW server_encoding;

-- name: incoming
CREATE TEMPORARY TABLE incoming (run_id uuid, worker text, position bigint, line jsonb) ON COMMIT DROP;

-- name: copy_incoming
COPY incoming (run_id, worker, position, line) FROM STDIN;

-- name: add_runs
-- NOT EXISTS keeps the numbers without gaps, ON CONFLICT keeps two writers apart.
INSERT INTO runs (id)
SELECT DISTINCT run_id FROM incoming WHERE NOT EXISTS (SELECT FROM runs WHERE runs.id = incoming.run_id)
ON CONFLICT DO NOTHING;

-- name: add_events
INSERT INTO events (run_id, worker, position, kind, record)
SELECT run_id, worker, position, line ->> 'kind', line -> 'record' FROM incoming WHERE line ->> 'kind' <> 'case'
ON CONFLICT DO NOTHING;

-- name: begin_runs
UPDATE runs SET
  started_at = (line #>> '{record,started_at}')::timestamptz,
  project = line #>> '{record,project}',
  command = line #>> '{record,command}',
  seed = (line #>> '{record,seed}')::numeric,
  user_name = line ->> 'user',
  spool_version = (line ->> 'schema')::integer
FROM incoming WHERE runs.id = incoming.run_id AND line ->> 'kind' = 'run';

-- name: finish_runs
UPDATE runs SET
  finished_at = (line #>> '{record,finished_at}')::timestamptz,
  verdict = line #>> '{record,verdict,word}',
  narrowed = jsonb_array_length(coalesce(nullif(line #> '{record,narrowed}', 'null'), '[]')) > 0
FROM incoming WHERE runs.id = incoming.run_id AND line ->> 'kind' = 'finish';

-- name: add_servers
-- In the order of names, so that two runs never wait for each other; an older run that comes late changes nothing.
INSERT INTO mcp_servers AS known (name, version, status, config, last_health_check)
SELECT DISTINCT ON (name) * FROM (
  SELECT
    left(line #>> '{record,name}', 255) AS name,
    left(coalesce(nullif(line #>> '{record,told_version}', ''), 'unknown'), 50) AS version,
    CASE WHEN (line #>> '{record,connected}')::boolean THEN 'connected' ELSE 'unreachable' END AS status,
    (line -> 'record') - '{starts,stderr_head,problem,cold_start,called,mapped}'::text[] AS config,
    coalesce(runs.started_at, now()) AS last_health_check
  FROM incoming JOIN runs ON runs.id = incoming.run_id WHERE line ->> 'kind' = 'server'
) AS told
ORDER BY name, last_health_check DESC, config ->> 'id' = name DESC
ON CONFLICT (name) DO UPDATE SET
  version = CASE WHEN excluded.status = 'unreachable' AND excluded.version = 'unknown' THEN known.version ELSE excluded.version END,
  status = excluded.status,
  config = excluded.config,
  last_health_check = excluded.last_health_check,
  updated_at = now()
WHERE known.last_health_check IS NULL OR known.last_health_check <= excluded.last_health_check;

-- name: add_interfaces
INSERT INTO interfaces AS known (server, digest, content, first_run, first_seen, last_seen)
SELECT DISTINCT ON (server, digest) * FROM (
  SELECT
    left(line #>> '{record,id}', 255) AS server,
    left(line #>> '{record,interface}', 255) AS digest,
    line ->> 'interface' AS content,
    runs.id,
    coalesce(runs.started_at, now()) AS seen,
    coalesce(runs.started_at, now())
  FROM incoming JOIN runs ON runs.id = incoming.run_id
  WHERE line ->> 'kind' = 'server' AND line #>> '{record,interface}' <> '' AND line ->> 'interface' <> ''
) AS told
ORDER BY server, digest, seen
ON CONFLICT (server, digest) DO UPDATE SET
  first_run = CASE WHEN excluded.first_seen < known.first_seen THEN excluded.first_run ELSE known.first_run END,
  first_seen = least(known.first_seen, excluded.first_seen),
  last_seen = greatest(known.last_seen, excluded.last_seen);

-- name: add_cases
INSERT INTO cases
  (run_id, worker, position, key, check_id, suite, server, element, case_id, outcome, duration, started_at, record)
SELECT
  run_id, incoming.worker, position, told.key, told."check", told.suite, told.server, told.element, told."case",
  told.outcome, told.duration, told.started_at, line -> 'record'
FROM incoming, jsonb_to_record(line -> 'record') AS told
  (key text, "check" text, suite text, server text, element text, "case" text, outcome text, duration double precision,
   started_at timestamptz)
WHERE line ->> 'kind' = 'case'
ON CONFLICT DO NOTHING;

-- name: add_findings
INSERT INTO findings (run_id, worker, position, ordinal, check_id, server, element, severity, title, outcome, found_at)
SELECT
  run_id, incoming.worker, position, told.ordinal, told.finding ->> 'check', told.finding ->> 'server',
  told.finding ->> 'element', (told.finding ->> 'severity')::integer, told.finding ->> 'title',
  line #>> '{record,outcome}', (line #>> '{record,started_at}')::timestamptz
FROM incoming, jsonb_array_elements(line #> '{record,findings}') WITH ORDINALITY AS told (finding, ordinal)
WHERE line ->> 'kind' = 'case'
ON CONFLICT DO NOTHING;

-- name: add_measurements
INSERT INTO measurements (run_id, worker, position, ordinal, check_id, server, element, name, value, unit, measured_at)
SELECT
  run_id, incoming.worker, position, told.ordinal, line #>> '{record,check}', line #>> '{record,server}',
  line #>> '{record,element}', told.number ->> 'name', (told.number ->> 'value')::double precision, told.number ->> 'unit',
  (line #>> '{record,started_at}')::timestamptz
FROM incoming, jsonb_array_elements(line #> '{record,measurements}') WITH ORDINALITY AS told (number, ordinal)
WHERE line ->> 'kind' = 'case'
ON CONFLICT DO NOTHING;

-- name: audit_runs
-- One row a run, under the run's own id.
INSERT INTO audit_log (id, timestamp, user_id, action, resource, result, metadata)
SELECT
  id, coalesce(started_at, now()), left(user_name, 255), 'run', left(project, 255), left(verdict, 50),
  jsonb_build_object('run', number, 'command', command, 'finished_at', finished_at, 'narrowed', narrowed)
FROM runs WHERE id IN (SELECT run_id FROM incoming)
ON CONFLICT (id) DO UPDATE SET
  timestamp = excluded.timestamp, user_id = excluded.user_id, resource = excluded.resource, result = excluded.result,
  metadata = excluded.metadata;

-- name: clear_totals
DELETE FROM test_results WHERE test_run_id IN
  (SELECT run_id FROM incoming JOIN runs ON runs.id = incoming.run_id WHERE finished_at IS NOT NULL);

-- name: add_totals
-- One row for each server and suite of the finished runs; written again when a late spool adds to them.
INSERT INTO test_results
  (test_run_id, server_id, test_type, status, passed, failed, skipped, duration_ms, results, executed_at)
SELECT
  totals.run_id, mcp_servers.id, left(coalesce(totals.suite, ''), 50),
  CASE WHEN failed > 0 THEN 'failed' WHEN passed > 0 THEN 'passed' ELSE 'skipped' END,
  passed, failed, skipped, least(milliseconds, 2147483647)::integer,
  jsonb_build_object('server', totals.server, 'outcomes', totals.outcomes), totals.started_at
FROM (
  SELECT
    run_id, server, suite, min(started_at) AS started_at,
    coalesce(sum(amount) FILTER (WHERE outcome IN ('passed', 'recorded')), 0) AS passed,
    coalesce(sum(amount) FILTER (WHERE outcome IN ('failed', 'blocked', 'error')), 0) AS failed,
    coalesce(sum(amount) FILTER (WHERE outcome IN ('waived', 'inconclusive', 'not-applicable')), 0) AS skipped,
    coalesce(sum(seconds), 0) * 1000 AS milliseconds,
    jsonb_object_agg(outcome, amount) AS outcomes
  FROM (
    SELECT
      run_id, server, suite, coalesce(outcome, '') AS outcome, count(*) AS amount, min(started_at) AS started_at,
      greatest(sum(nullif(duration, 'NaN')), 0) AS seconds
    FROM cases WHERE run_id IN
      (SELECT run_id FROM incoming JOIN runs ON runs.id = incoming.run_id WHERE finished_at IS NOT NULL)
    GROUP BY run_id, server, suite, coalesce(outcome, '')
  ) AS outcomes
  GROUP BY run_id, server, suite
) AS totals
LEFT JOIN LATERAL (
  SELECT left(record ->> 'name', 255) AS name FROM events
  WHERE events.run_id = totals.run_id AND kind = 'server' AND record ->> 'id' = totals.server LIMIT 1
) AS facts ON true
LEFT JOIN mcp_servers ON mcp_servers.name = facts.name;

-- name: set_position
INSERT INTO spools AS known (run_id, worker, position) VALUES (%s, %s, %s)
ON CONFLICT (run_id, worker) DO UPDATE SET position = greatest(known.position, excluded.position);

-- name: position
SELECT position FROM spools WHERE run_id = %s AND worker = %s;

-- name: number
SELECT number FROM runs WHERE id = %s;

-- name: list_runs
SELECT
  recent.number, recent.id, recent.started_at, recent.finished_at, recent.verdict, recent.project,
  (SELECT count(DISTINCT record ->> 'id') FROM events WHERE events.run_id = recent.id AND kind = 'server') AS servers,
  coalesce((SELECT jsonb_object_agg(outcome, amount) FROM
    (SELECT outcome, count(*) AS amount FROM cases WHERE cases.run_id = recent.id GROUP BY outcome) AS counted), '{}')
FROM (
  SELECT * FROM runs WHERE %(project)s::text IS NULL OR project = %(project)s
  ORDER BY started_at DESC NULLS LAST, number DESC LIMIT %(limit)s
) AS recent
ORDER BY recent.started_at DESC NULLS LAST, recent.number DESC;

-- name: find_number
SELECT id FROM runs WHERE number = %s;

-- name: find_prefix
SELECT id FROM runs WHERE id::text LIKE %s || '%%' ORDER BY started_at DESC NULLS LAST LIMIT 2;

-- name: find_latest
SELECT id FROM runs WHERE %(project)s::text IS NULL OR project = %(project)s
ORDER BY started_at DESC NULLS LAST, number DESC LIMIT 1;

-- name: past_events
-- What earlier runs of a project said of themselves and their servers, newest run first.
SELECT recent.number, recent.id, kind, record FROM (
  SELECT number, id, started_at FROM runs
  WHERE verdict IS NOT NULL AND (%(project)s::text IS NULL OR project = %(project)s)
    AND started_at < coalesce((SELECT started_at FROM runs WHERE id = %(before)s), 'infinity')
  ORDER BY started_at DESC, number DESC LIMIT %(limit)s
) AS recent
JOIN events ON events.run_id = recent.id AND kind IN ('run', 'server', 'finish')
ORDER BY recent.started_at DESC, recent.number DESC, worker <> 'main', worker COLLATE "C", position;

-- name: load_events
SELECT kind, record FROM events WHERE run_id = %s ORDER BY worker <> 'main', worker COLLATE "C", position;

-- name: load_cases
SELECT record FROM cases WHERE run_id = %s ORDER BY worker <> 'main', worker COLLATE "C", position;

-- name: load_interface
SELECT content FROM interfaces WHERE server = left(%s, 255) AND digest = %s;
