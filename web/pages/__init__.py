"""The pages, one blueprint per purpose."""

from web.pages import (
    account,
    assessment,
    audit,
    board,
    case,
    cases,
    clocks,
    customers,
    deployments,
    figure_tables,
    figures,
    files,
    health,
    inbox,
    incidents,
    intake,
    knowledge,
    knowledge_editor,
    links,
    notices,
    organisation,
    quick,
    service,
    sign_in,
    task,
    uploads,
)

BLUEPRINTS = (
    health.pages, sign_in.pages, account.pages, inbox.pages, board.pages, task.pages, intake.pages,
    quick.pages, uploads.pages,
    cases.pages, case.pages, links.pages, files.pages, customers.pages, service.pages,
    clocks.pages, deployments.pages, organisation.pages, incidents.pages, audit.pages,
    figure_tables.pages, figures.pages, assessment.pages,
    notices.pages, knowledge.pages, knowledge_editor.pages,
)
