"""The pages, one blueprint per purpose."""

from web.pages import account, sign_in

BLUEPRINTS = (sign_in.pages, account.pages)
