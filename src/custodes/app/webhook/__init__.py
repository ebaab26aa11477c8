"""Webhooks: telling other programs at once of what happens, where a camera's charter names who gets it."""

from custodes.app.webhook.message import Message, Secret
from custodes.app.webhook.settings import CONFIRMED, WebhookSettings
from custodes.app.webhook.webhooks import Webhooks

__all__ = ["CONFIRMED", "Message", "Secret", "WebhookSettings", "Webhooks"]
