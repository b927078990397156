"""Serves gRPC's standard health service in five ways.

Arguments: the JSON file that says ports, tokens and certificate, and the file to make once everything listens.
"""

import json
import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


class Guard(grpc.ServerInterceptor):
    """Refuses what the judge refuses."""

    def __init__(self, judge):
        self.judge = judge

    def intercept_service(self, continuation, details):
        refusal = self.judge(dict(details.invocation_metadata))
        if refusal is None:
            return continuation(details)
        code, words = refusal
        return grpc.unary_unary_rpc_method_handler(lambda request, context: context.abort(code, words))


def serve(settings, port, judges=(), healthy=True, credentials=None):
    server = grpc.server(futures.ThreadPoolExecutor(4), interceptors=[Guard(judge) for judge in judges])
    if healthy:
        servicer = health.HealthServicer()
        servicer.set("", health_pb2.HealthCheckResponse.SERVING)
        servicer.set(settings["service"], health_pb2.HealthCheckResponse.SERVING)
        servicer.set(settings["down_service"], health_pb2.HealthCheckResponse.NOT_SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    address = f"127.0.0.1:{settings[port]}"
    if credentials:
        server.add_secure_port(address, credentials)
    else:
        server.add_insecure_port(address)
    server.start()
    return server


def guard(settings):
    def judge(metadata):
        given = metadata.get("authorization")
        if given == f"Bearer {settings['token']}":
            return None
        if given == f"Bearer {settings['denied_token']}":
            return grpc.StatusCode.PERMISSION_DENIED, "the account may not ask for health"
        return grpc.StatusCode.UNAUTHENTICATED, "no valid token"

    return judge


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    settings = json.loads(read(sys.argv[1]))
    pair = (read(settings["key"]), read(settings["certificate"]))

    def fail(metadata):
        if metadata.get("authorization") == "Bearer busy-busy":
            return grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls"
        return grpc.StatusCode.UNAVAILABLE, "the database is being migrated"

    servers = [
        serve(settings, "port"),
        serve(settings, "tls_port", credentials=grpc.ssl_server_credentials([pair])),
        serve(settings, "guarded_port", judges=[guard(settings)]),
        serve(settings, "bare_port", healthy=False),
        serve(settings, "failing_port", judges=[fail]),
    ]
    with open(sys.argv[2], "w"):
        pass
    for server in servers:
        server.wait_for_termination()


main()
