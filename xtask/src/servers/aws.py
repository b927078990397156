"""Serves moto over HTTP and HTTPS, makes what the tests need in it, then enforces IAM.

Arguments: port, TLS port, region, certificate, key, path of the JSON file that says what was made.
"""

import json
import os
import sys
import threading
import urllib.request
import xml.etree.ElementTree as xml

import boto3
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

# moto answers its own refusals in the XML of the query protocol, whatever protocol was spoken. Services with a JSON
# protocol name them like this, see "Common Errors" in the API reference of AWS Systems Manager.
JSON_ERRORS = {
    "AccessDenied": "AccessDeniedException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
}


def speak_json(application):
    """Gives an XML refusal to a caller of a JSON protocol the form that AWS has for it."""

    def answer(environment, start_response):
        begun = []
        body = application(environment, lambda *arguments: begun.append(arguments))
        content = b"".join(body)
        status, headers = begun[0][0], begun[0][1]
        if "HTTP_X_AMZ_TARGET" in environment and content.lstrip().startswith(b"<"):
            error = xml.fromstring(content).find(".//Error")
            kind = JSON_ERRORS.get(error.findtext("Code"), error.findtext("Code"))
            content = json.dumps({"__type": kind, "message": error.findtext("Message")}).encode()
            status = "400 Bad Request"
            headers = [
                ("Content-Type", "application/x-amz-json-1.1"),
                ("Content-Length", str(len(content))),
                ("x-amzn-ErrorType", kind),
            ]
        start_response(status, headers)
        return [content]

    return answer


def serve(port, certificate=None):
    application = speak_json(DomainDispatcherApplication(create_backend_app))
    options = {"threaded": True, "request_handler": MotoRequestHandler, "ssl_context": certificate}
    server = make_server("127.0.0.1", port, application, **options)
    threading.Thread(target=server.serve_forever).start()


def make_everything(endpoint, region):
    def client(service):
        keys = {"aws_access_key_id": "AKIDSETUP", "aws_secret_access_key": "setup"}
        return boto3.client(service, endpoint_url=endpoint, region_name=region, **keys)

    queue = client("sqs").create_queue(QueueName="pickles")["QueueUrl"]
    fifo = {"FifoQueue": "true"}
    fifo_queue = client("sqs").create_queue(QueueName="pickles.fifo", Attributes=fifo)["QueueUrl"]
    topic = client("sns").create_topic(Name="pickles")["TopicArn"]
    make_bucket(client("s3"), region)
    client("ssm").put_parameter(Name="/pickles/greeting", Value="hello", Type="String")
    client("ssm").put_parameter(Name="/pickles/password", Value="hot hot hot", Type="SecureString")
    secret = client("secretsmanager").create_secret(Name="pickles/db", SecretString='{"password":"hot"}')
    make_user = users(client("iam"))
    return {
        "account": topic.split(":")[4],
        "queue": "pickles", "queue_url": queue, "queue_arn": f"arn:aws:sqs:{region}:{topic.split(':')[4]}:pickles",
        "fifo_queue_url": fifo_queue, "missing_queue_url": queue.replace("pickles", "sauerkraut"),
        "topic_arn": topic, "missing_topic_arn": topic.replace("pickles", "sauerkraut"),
        "bucket": "pickles", "object": "hot/jar", "missing_bucket": "sauerkraut",
        "parameter": "/pickles/greeting", "secure_parameter": "/pickles/password",
        "missing_parameter": "/pickles/missing",
        "secret": "pickles/db", "secret_arn": secret["ARN"], "missing_secret": "pickles/missing",
        "allowed": make_user("allowed", "*"),
        "queue_only": make_user("queue_only", "sqs:*"),
        "denied": make_user("denied", None),
        "unknown": {"access_key_id": "AKIAIOSFODNN7MISSING", "secret_access_key": "x" * 40},
    }


def make_bucket(s3, region):
    s3.create_bucket(Bucket="pickles", CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_object(Bucket="pickles", Key="hot/jar", Body=b"pickles")


def users(iam):
    def make(name, action):
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if action:
            statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"arn": arn, "access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}

    return make


def enforce(endpoint):
    """From the next request on, signatures and permissions count."""
    request = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
    urllib.request.urlopen(request).read()


def main():
    port, tls_port, region, certificate, key, made = sys.argv[1:]
    endpoint = f"http://127.0.0.1:{port}"
    serve(int(port))
    serve(int(tls_port), (certificate, key))
    facts = make_everything(endpoint, region)
    enforce(endpoint)
    with open(made + ".draft", "w") as draft:
        json.dump(facts, draft)
    os.rename(made + ".draft", made)


main()
