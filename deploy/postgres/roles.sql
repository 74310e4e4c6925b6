-- Three roles for zonelog, none of them a superuser:
--   zonelog_owner    owns the schema; for `zonelog migrate` (and `rebuild --from-stream`) only
--   zonelog_writer   for the writers: no DDL, and of history only reading and adding
--   zonelog_auditor  reads zones, history and audits; no secrets, no tokens
--
-- Run it as a superuser (or a role with CREATEROLE that owns the database), in zonelog's database, before the first `zonelog migrate`, and
-- once more after it. It may be run again at any time. Tables of later migrations are covered by themselves.
--
--   psql -d zonelog -v ON_ERROR_STOP=1 -f roles.sql
--   psql -d zonelog -c '\password zonelog_owner' -c '\password zonelog_writer' -c '\password zonelog_auditor'

do $$
declare role text;
begin
  foreach role in array array['zonelog_owner', 'zonelog_writer', 'zonelog_auditor'] loop
    if not exists (select from pg_roles where rolname = role) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole noreplication', role);
    end if;
  end loop;
end $$;

-- nobody else gets in, and nobody but the owner makes anything that stays. Imports and restores gather what they do in temporary tables
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect, create on database %I to zonelog_owner', current_database());
  execute format('grant connect, temporary on database %I to zonelog_writer', current_database());
  execute format('grant connect on database %I to zonelog_auditor', current_database());
end $$;
revoke all on schema public from public;
grant usage, create on schema public to zonelog_owner;
grant usage on schema public to zonelog_writer, zonelog_auditor;

-- whoever ran the first migration, what there is belongs to the owner from now on
do $$
declare relation record;
begin
  for relation in
    select c.oid::regclass as name, c.relkind from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
      and c.relowner <> 'zonelog_owner'::regrole
      -- sequences of columns go with their tables
      and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i'))
  loop
    execute format('alter table %s owner to zonelog_owner', relation.name);
  end loop;
end $$;

grant select, insert, update, delete on all tables in schema public to zonelog_writer;
grant usage on all sequences in schema public to zonelog_writer;
alter default privileges for role zonelog_owner in schema public
  grant select, insert, update, delete on tables to zonelog_writer;
alter default privileges for role zonelog_owner in schema public grant usage on sequences to zonelog_writer;

do $$
declare name text;
begin
  -- what is only ever added to. `compact` deletes events: grant it for as long as somebody compacts,
  --   grant delete on zone_event to zonelog_writer;
  foreach name in array array['zone_event', 'key_change', 'rule_change', 'audit'] loop
    if to_regclass(name) is not null then
      execute format('revoke update, delete on %I from zonelog_writer', name);
    end if;
  end loop;
  -- which migrations have run is for writers to see
  foreach name in array array['kysely_migration', 'kysely_migration_lock', 'schema_change'] loop
    if to_regclass(name) is not null then
      execute format('revoke insert, update, delete on %I from zonelog_writer', name);
    end if;
  end loop;
  foreach name in array array[
    'zone', 'rrset', 'zone_event', 'update_rule', 'rule_change', 'tsig_key', 'sig0_key', 'key_change', 'key_usage', 'refusal', 'audit',
    'checkpoint', 'zone_verified', 'leased_value', 'kysely_migration', 'schema_change'
  ] loop
    if to_regclass(name) is not null then
      execute format('grant select on %I to zonelog_auditor', name);
    end if;
  end loop;
end $$;
