"""Redacted recordings: what there is, and playing it."""

from fastapi import APIRouter

router = APIRouter(tags=["recordings"])
