"""The pages, one blueprint per purpose."""

from web.pages import account, cases, deployments, intake, sign_in

BLUEPRINTS = (health.pages, sign_in.pages, account.pages, cases.pages, intake.pages, deployments.pages)
