"""The tables, as SQLAlchemy Core; ``engine/store/migrations`` brings a database to this shape.

Keys are 64-bit integers given out by ``engine.store.keys``. Moments are ``timestamptz``.
Every table of the running side carries ``case_id``: the key of the root instance, which is
also the key of the row in ``cases`` where the process opens a case (distribution column).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from engine import case_facts

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

KEY_BLOCK = 1000
keys = Sequence("keys", metadata=metadata, start=KEY_BLOCK, increment=KEY_BLOCK)
# A sequence, so that the number of a deployment that was rolled back never comes again.
deployment_numbers = Sequence("deployment_numbers", metadata=metadata)


def _key(name: str = "key") -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _moment(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# --- deployed files -------------------------------------------------------------------------

deployments = Table(
    "deployments",
    metadata,
    _key(),
    # Counts up in the order of commits: who knows the highest number knows all definitions.
    Column("number", Integer, nullable=False, unique=True),
    _moment("at", nullable=False),
    Column("by", String, nullable=False),
)

resources = Table(
    "resources",
    metadata,
    _key(),
    Column("deployment_key", ForeignKey("deployments.key"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
)

definitions = Table(
    "definitions",
    metadata,
    _key(),
    Column("kind", String, nullable=False),  # process, decision, form, calendar, case, file
    Column("id", String, nullable=False),  # BPMN process id, DMN decision id, form id, stem
    Column("version", Integer, nullable=False),
    Column("version_tag", String),
    Column("name", String, nullable=False, server_default=""),
    Column("resource_key", ForeignKey("resources.key"), nullable=False),
    Column("deployment_key", ForeignKey("deployments.key"), nullable=False, index=True),
    UniqueConstraint("kind", "id", "version"),
)

deployment_definitions = Table(  # which versions a deployment consists of, unchanged ones too
    "deployment_definitions",
    metadata,
    Column("deployment_key", ForeignKey("deployments.key"), primary_key=True),
    Column("definition_key", ForeignKey("definitions.key"), primary_key=True, index=True),
)

# --- running instances ----------------------------------------------------------------------

instances = Table(
    "instances",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("root_key", BigInteger, nullable=False),
    Column("parent_key", BigInteger),
    Column("parent_token", String(32)),
    Column("depth", SmallInteger, nullable=False, server_default="0"),  # of calls, the root's 0
    Column("definition_key", ForeignKey("definitions.key"), nullable=False),
    Column("case_kind", String),  # on the root row, where it is the process of a case
    Column("status", String, nullable=False),  # active, completed, terminated, error
    Column("state", LargeBinary),  # null once ended
    Column("revision", Integer, nullable=False, server_default="0"),
    _moment("started_at", nullable=False),
    _moment("ended_at"),
    Column("started_by", String, nullable=False),
    Column("ended_reason", Text),
    Column("history_seq", BigInteger, nullable=False, server_default="0"),  # on the root row
    Column("history_hash", LargeBinary),  # on the root row: head of the case's chain
    # Of one started by a message with a correlation key: "PROCESS:KEY", one at a time.
    Column("start_key", String),
    Index("ix_instances_parent", "parent_key", "parent_token"),
    Index(
        "ix_instances_definition_active",
        "definition_key",
        postgresql_where=text("status = 'active'"),
    ),
    Index(
        "ix_instances_withdrawn",
        "key",
        postgresql_where=text("status IN ('terminated', 'error')"),
    ),
    Index(
        "uq_instances_start_key",
        "start_key",
        unique=True,
        postgresql_where=text("start_key IS NOT NULL AND status = 'active'"),
    ),
    postgresql_with={"fillfactor": 70},  # room for the update that each step is
)

user_tasks = Table(
    "user_tasks",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("instance_key", BigInteger, nullable=False),
    Column("token", String(32), nullable=False),
    Column("definition_key", BigInteger, nullable=False),
    Column("element_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("state", String, nullable=False),  # created, completed, cancelled
    Column("assignee", String),
    Column("candidate_users", ARRAY(String), nullable=False, server_default="{}"),
    Column("candidate_groups", ARRAY(String), nullable=False, server_default="{}"),
    # Both in one, for one index: "u:login", "g:group", and "*" where nobody is named.
    Column("candidates", ARRAY(String), nullable=False, server_default="{}"),
    Column("priority", SmallInteger, nullable=False, server_default="50"),
    _moment("due_at"),
    _moment("follow_up_at"),
    Column("form_key", BigInteger),  # definitions.key of the form bound at creation
    Column("draft", JSONB),
    Column("ended_by", String),
    # It has task listeners; what they hear of now: {"event", "action", "by", "at"}; what one of
    # them last denied: the same with "reason".
    Column("listened", Boolean, nullable=False, server_default="false"),
    Column("moving", JSONB),
    Column("denied", JSONB),
    _moment("created_at", nullable=False),
    _moment("assigned_at"),
    _moment("started_at"),
    _moment("ended_at"),
    Index(
        "uq_user_tasks_open",
        "instance_key",
        "token",
        unique=True,
        postgresql_where=text("state = 'created'"),
    ),
    Index("ix_user_tasks_mine", "assignee", postgresql_where=text("state = 'created'")),
    Index(
        "ix_user_tasks_candidates",
        "candidates",
        postgresql_using="gin",
        postgresql_where=text("state = 'created' AND assignee IS NULL"),
    ),
    Index(
        "ix_user_tasks_done",
        "ended_by",
        "ended_at",
        postgresql_where=text("state = 'completed'"),
    ),
)

jobs = Table(
    "jobs",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("instance_key", BigInteger, nullable=False),
    Column("token", String(32), nullable=False),
    Column("element_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("listener", String),  # the event of the listener that this job is; null: none
    Column("state", String, nullable=False),  # created, activated, failed, completed, cancelled
    Column("retries", Integer, nullable=False),
    Column("retries_given", Integer, nullable=False),  # what resolving an incident restores
    Column("headers", JSONB, nullable=False),
    Column("variables", JSONB, nullable=False),
    Column("worker", String),
    _moment("deadline"),
    _moment("retry_at"),
    Column("error", Text),
    _moment("created_at", nullable=False),
    _moment("ended_at"),
    Index(
        "ix_jobs_open",
        "type",
        "key",
        postgresql_where=text("state IN ('created', 'activated', 'failed') AND retries > 0"),
    ),
    Index(
        "ix_jobs_leases",
        "deadline",
        postgresql_where=text("state = 'activated'"),
    ),
    Index(
        "ix_jobs_token",
        "instance_key",
        "token",
        postgresql_where=text("state IN ('created', 'activated', 'failed')"),
    ),
)

timers = Table(
    "timers",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False),  # 0 with a start timer
    Column("instance_key", BigInteger),  # null: start timer of a definition
    Column("definition_key", BigInteger, index=True),
    Column("token", String(32)),
    Column("element_id", String, nullable=False),
    _moment("due_at", nullable=False),
    Column("repetitions", Integer),  # of a start timer: how many are left; null: for ever
    Index("ix_timers_due_at", "due_at"),
    Index("ix_timers_token", "instance_key", "token"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),  # 0 with a start event
    Column("instance_key", BigInteger),  # null: message start event of a definition
    Column("definition_key", BigInteger, index=True),
    Column("token", String(32)),
    Column("element_id", String, nullable=False),
    Column("kind", String, nullable=False, server_default="message"),  # message, signal, condition
    Column("name", String, nullable=False),
    Column("correlation_key", String, nullable=False, server_default=""),
    Column("interrupting", Boolean, nullable=False, server_default="true"),
    Column("properties", JSONB, nullable=False, server_default="{}"),
    _moment("created_at", nullable=False),
    Index("ix_subscriptions_match", "kind", "name", "correlation_key"),
    Index("ix_subscriptions_token", "instance_key", "token"),
)

messages = Table(  # published, buffered until correlated or expired
    "messages",
    metadata,
    _key(),
    Column("name", String, nullable=False),
    Column("correlation_key", String, nullable=False),
    Column("message_id", String),
    Column("variables", JSONB, nullable=False),
    Column("kind", String, nullable=False, server_default="message"),  # message, signal, condition
    # Thrown by a process: to be offered once to the other cases, however short it lives.
    Column("pending", Boolean, nullable=False, server_default="false"),
    Column("thrown_by", BigInteger),  # its case, which has had its offer
    Column("reached", ARRAY(Text), nullable=False, server_default="{}"),  # ids of processes
    # There is nobody left whom it could reach.
    Column("taken", Boolean, nullable=False, server_default="false"),
    # It starts an instance when the one of this key has ended; pending: it does nothing else.
    Column("start_key", String),
    _moment("published_at", nullable=False),
    _moment("offered_at", nullable=False),  # published, or given to somebody last
    _moment("expires_at", nullable=False),
    Index("ix_messages_match", "name", "correlation_key"),
    Index("ix_messages_expires_at", "expires_at"),
    Index("ix_messages_offered_at", "offered_at", postgresql_where=text("NOT taken")),
    Index(
        "ix_messages_start_key",
        "start_key",
        "published_at",
        "key",
        postgresql_where=text("start_key IS NOT NULL AND NOT taken"),
    ),
    Index(
        "uq_messages_id",
        "name",
        "correlation_key",
        "message_id",
        unique=True,
        postgresql_where=text("message_id IS NOT NULL"),
    ),
)

incidents = Table(
    "incidents",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("instance_key", BigInteger, nullable=False),
    Column("token", String(32), nullable=False),
    Column("element_id", String, nullable=False),
    Column("job_key", BigInteger),
    Column("kind", String, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    # What resolving needs to go on: {"call": …}, {"timer": …}.
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("state", String, nullable=False),  # open, resolved
    _moment("raised_at", nullable=False),
    _moment("resolved_at"),
    Column("resolved_by", String),
    Index("ix_incidents_open", "instance_key", "token", postgresql_where=text("state = 'open'")),
    Index("ix_incidents_raised_at", "raised_at", postgresql_where=text("state = 'open'")),
)

history = Table(  # append-only (a trigger refuses UPDATE and DELETE), partitioned by month of "at"
    "history",
    metadata,
    Column("case_id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), primary_key=True),
    Column("instance_key", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("kind", String, nullable=False),  # element.entered, task.completed, variables.changed …
    Column("element_id", String),
    Column("token", String(32)),
    Column("data", JSON, nullable=False),  # json, not jsonb: the hash is over this very text
    Column("hash", LargeBinary, nullable=False),  # sha256 over the previous hash and this row
    postgresql_partition_by="RANGE (at)",
)

# --- cases and people -----------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    _key(),
    Column("ref", String, nullable=False, unique=True),  # phone or account number, normalised
    Column("name", String, nullable=False, server_default=""),
    Column("level", String),
    # {"star": …, "contact": {"night": …, "from": …, "to": …, "note": …}}
    Column("data", JSONB, nullable=False, server_default="{}"),
    # The same person's leading record; never a record that is merged itself.
    Column("merged_into", BigInteger),
    _moment("created_at", nullable=False),
    Index(
        "ix_customers_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")
    ),
    Index("ix_customers_name", "name"),
)

cases = Table(
    "cases",
    metadata,
    _key(),  # = instances.key of the root = case_id
    Column("kind", String, nullable=False),
    Column("number", String, nullable=False, unique=True),
    Column("customer_key", ForeignKey("customers.key")),
    Column("status", String, nullable=False),  # a status of the kind's file: "受理", "处理" …
    Column("title", String, nullable=False, server_default=""),
    Column("data", JSONB, nullable=False, server_default="{}"),
    Column("search", Text, nullable=False, server_default=""),
    Column("source", String),
    Column("source_ref", String),  # of an import: unique together
    Column("sample", Boolean, nullable=False, server_default="false"),
    _moment("due_at"),
    _moment("received_at", nullable=False),
    _moment("opened_at", nullable=False),
    _moment("closed_at"),
    # Whether it counts for the automatic marks of its customer, whose marks at receipt these are.
    Column("counted", Boolean, nullable=False, server_default="false"),
    Column("marks", ARRAY(String), nullable=False, server_default="{}"),
    # How often the customer has come with it: once, and once for each case merged into it.
    Column("contacts", Integer, nullable=False, server_default="1"),
    Column("merged_into", BigInteger),
    *case_facts.columns(),
    UniqueConstraint("source", "source_ref"),
    Index("ix_cases_customer", "customer_key", "received_at"),
    Index("ix_cases_received", "received_at", "key"),
    Index("ix_cases_search", text("bigrams(search)"), postgresql_using="gin"),
    Index("ix_cases_open", "kind", "due_at", postgresql_where=text("closed_at IS NULL")),
)

people = Table(
    "people",
    metadata,
    Column("login", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("password", String),  # argon2id
    Column("roles", ARRAY(String), nullable=False, server_default="{}"),
    Column("groups", ARRAY(String), nullable=False, server_default="{}"),
    Column("unit", String),
    Column("email", String),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("session_epoch", Integer, nullable=False, server_default="0"),
    _moment("created_at", nullable=False),
)

groups = Table(  # candidate groups; those with a kind are units of the organisation
    "groups",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String),  # department, branch, desk, team, vendor
    Column("parent", ForeignKey("groups.id")),
    Column("city", String),
    Column("lead", String),
    Column("deputy", String),
    Column("email", String),
)

case_clocks = Table(  # docs/clocks.md
    "case_clocks",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),
    Column("instance_key", BigInteger, nullable=False),  # the process that started it
    Column("element_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("subject", String, nullable=False, server_default=""),
    Column("state", String, nullable=False),  # running, paused, met, cancelled
    Column("basis", String, nullable=False),  # working, natural, days, fixed
    Column("span", String, nullable=False, server_default=""),  # ISO duration; "" where fixed
    Column("variable", String, nullable=False, server_default=""),
    Column("calendar_key", BigInteger, nullable=False, server_default="0"),  # its version; 0: none
    _moment("started_at", nullable=False),
    _moment("due_at", nullable=False),  # while paused: without the pause that lasts
    Column("warn_before", String, nullable=False, server_default=""),
    _moment("ended_at"),
    Column("pauses", JSONB, nullable=False, server_default="[]"),  # [{from, to, by, why}]
    Column("changes", JSONB, nullable=False, server_default="[]"),  # docs/clocks.md
    Column("rule", JSONB, nullable=False, server_default="{}"),
    Index("ix_case_clocks_open", "due_at", postgresql_where=text("ended_at IS NULL")),
)

# --- notices --------------------------------------------------------------------------------

notices = Table(
    "notices",
    metadata,
    _key(),
    Column("case_id", BigInteger, nullable=False, index=True),  # what it is about, or who sent it
    Column("series", String, nullable=False, server_default=""),  # of a report that is kept
    Column("topic", String, nullable=False, server_default=""),  # what a later one is about, too
    Column("title", String, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("tables", JSONB, nullable=False, server_default="[]"),
    _moment("sent_at", nullable=False),
    Column("sent_by", String, nullable=False),
    Index("ix_notices_series", "series", "key", postgresql_where=text("series <> ''")),
    Index("ix_notices_topic", "topic", "key", postgresql_where=text("topic <> ''")),
)

notice_people = Table(
    "notice_people",
    metadata,
    Column("login", String, primary_key=True),
    Column("notice_key", ForeignKey("notices.key"), primary_key=True, index=True),
    _moment("read_at"),
    Column("replaced_by", BigInteger),  # the later notice of its topic, where it was never read
    Index(
        "ix_notice_people_unread",
        "login",
        postgresql_where=text("read_at IS NULL AND replaced_by IS NULL"),
    ),
)
