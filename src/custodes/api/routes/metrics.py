"""`/metrics` in the text format of Prometheus."""

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from custodes.api.context import ApiContext
from custodes.api.permissions import Permission, needs
from custodes.api.routes.parameters import Deps
from custodes.domain.cameras import CameraState, CameraStatus

router = APIRouter(tags=["system"])

_TEXT: Final = {200: {"description": "Metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}}


class CameraCollector(Collector):
    """Reads the newest statuses whenever it is asked; keeps nothing."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of all configured cameras."""
        hub = self._context.hub
        statuses = [status for camera in self._context.cameras if (status := hub.status(camera))]
        yield _states(statuses)
        yield _gauge("custodes_camera_fps", "Pictures a second received lately.", statuses, "fps")
        yield _gauge("custodes_camera_analysed_fps", "Pictures a second analysed lately.", statuses, "analysed_fps")
        yield _gauge("custodes_camera_recording", "1 while recordings are being written.", statuses, "recording")
        yield _counter("custodes_camera_dropped", "Pictures that analysis or recording skipped.", statuses, "dropped")
        yield _counter("custodes_camera_blanked", "Pictures blanked by failed or late redaction.", statuses, "blanked")
        yield self._events()
        yield from self._viewers()
        yield self._recorded()

    def _events(self) -> Metric:
        metric = CounterMetricFamily("custodes_events", "Events since the start.", labels=("camera", "kind"))
        for (camera, kind), count in self._context.hub.event_counts().items():
            metric.add_metric((camera, kind), count)
        return metric

    def _viewers(self) -> Iterator[Metric]:
        viewers = GaugeMetricFamily("custodes_live_viewers", "Live views open now.", labels=("camera",))
        dropped = CounterMetricFamily("custodes_live_dropped", "Fragments slow viewers lost.", labels=("camera",))
        for camera, (count, lost) in self._context.hub.viewer_counts().items():
            viewers.add_metric((camera,), count)
            dropped.add_metric((camera,), lost)
        yield viewers
        yield dropped

    def _recorded(self) -> Metric:
        metric = GaugeMetricFamily("custodes_segment_bytes", "Bytes of kept recordings.", labels=("camera",))
        for camera in self._context.cameras:
            metric.add_metric((camera,), self._context.store.segments.total_bytes(camera))
        return metric


def _states(statuses: list[CameraStatus]) -> Metric:
    metric = GaugeMetricFamily("custodes_camera_state", "1 for the state a camera is in.", labels=("camera", "state"))
    for status in statuses:
        for state in CameraState:
            metric.add_metric((status.camera, state), float(status.state is state))
    return metric


def _gauge(name: str, text: str, statuses: list[CameraStatus], field: str) -> Metric:
    metric = GaugeMetricFamily(name, text, labels=("camera",))
    for status in statuses:
        metric.add_metric((status.camera,), float(getattr(status, field)))
    return metric


def _counter(name: str, text: str, statuses: list[CameraStatus], field: str) -> Metric:
    metric = CounterMetricFamily(name, text, labels=("camera",))
    for status in statuses:
        metric.add_metric((status.camera,), float(getattr(status, field)))
    return metric


def make_registry(context: ApiContext) -> CollectorRegistry:
    """Return the registry of one application."""
    registry = CollectorRegistry()
    registry.register(CameraCollector(context))
    ProcessCollector(registry=registry)
    return registry


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    dependencies=[needs(Permission.HEALTH)],
    responses=_TEXT,  # type: ignore[arg-type]
)
def metrics(deps: Deps) -> Response:
    """State, rates, drops and blanked pictures of every camera, events, recorded bytes, and the server process."""
    return Response(generate_latest(make_registry(deps)), media_type=CONTENT_TYPE_PLAIN_0_0_4)
