# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The behaviours of the proxy do to calls what they are named after, and let all others pass."""

from __future__ import annotations

import json

import pytest
from proxy.messages import Answer, Request, chain

from .consistency import Hidden
from .faults import REFUSED, Faults, LostAnswers, token_of
from .kills import writes
from .removals import Removals

XMLNS = "http://ec2.amazonaws.com/doc/2016-11-15/"
SCOPE = "AWS4-HMAC-SHA256 Credential=caller/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"


def request(service: str, body: str = "", **environ: str) -> Request:
    """A call that is signed for a service."""
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded"} if body.startswith("Action=") else {}
    signed = {
        "HTTP_AUTHORIZATION": SCOPE.format(service),
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/",
        "PATH_INFO": "/",
    }
    return Request({**signed, **form, **environ}, body.encode())


def ec2(action: str, **parameters: str) -> Request:
    return request("ec2", "&".join([f"Action={action}", *(f"{name}={value}" for name, value in parameters.items())]))


def answers(content: str = "", status: int = 200):
    """An emulator that gives always the same answer."""
    return lambda _request: Answer(status, [], f'<Answer xmlns="{XMLNS}">{content}</Answer>'.encode())


class Clock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("asked", "name", "changes"),
    [
        (ec2("CreateVpc"), "ec2:CreateVpc", True),
        (ec2("CreateVpc", DryRun="true"), "ec2:CreateVpc", False),
        (ec2("DescribeVpcs"), "ec2:DescribeVpcs", False),
        (request("logs", "{}", HTTP_X_AMZ_TARGET="Logs_20140328.CreateLogGroup"), "logs:CreateLogGroup", True),
        (request("monitoring", "{}", HTTP_X_AMZ_TARGET="X.DescribeAlarms"), "cloudwatch:DescribeAlarms", False),
    ],
)
def test_calls_are_known_by_their_names(asked, name, changes):
    assert (asked.name, writes(asked), asked.caller) == (name, changes, "caller")


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("PUT", "/b", "", "s3:CreateBucket"),
        ("PUT", "/b", "policy", "s3:PutBucketPolicy"),
        ("GET", "/b/k", "", "s3:GetObject"),
    ],
)
def test_calls_of_s3_are_known_by_method_and_path(method, path, query, name):
    uri = f"{path}?{query}" if query else path
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_URI": uri, "RAW_URI": uri}
    server = {"wsgi.url_scheme": "https", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "443"}
    assert request("s3", **environ, **server).name == name


def outcome(behaviour: Faults, asked: Request) -> str:
    """What a client sees of one call."""
    try:
        return behaviour(asked, answers()).content.decode()
    except ConnectionResetError:
        return "reset"


def test_faults_follow_from_their_seed(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    first, again, other = (Faults(seed, 0.5) for seed in (1, 1, 2))
    calls = [
        ec2("DescribeVpcs"),
        request("s3", REQUEST_METHOD="GET"),
        request("logs", "{}", HTTP_X_AMZ_TARGET="L.Get"),
    ] * 40
    told = [[outcome(faults, call) for call in calls] for faults in (first, again, other)]
    assert told[0] == told[1] != told[2]
    assert first.injected.keys() == REFUSED.keys()
    assert 0.3 < first.injected.total() / first.calls < 0.7
    said = "".join(told[0])
    assert "<Code>RequestLimitExceeded</Code>" in said
    assert "<Code>SlowDown</Code>" in said
    assert json.dumps({"__type": "Throttling", "message": "Rate exceeded"}) in said


def test_a_repeated_call_gets_the_lost_answer_where_it_has_a_token():
    lost = LostAnswers()
    executed = []
    behaviour = chain(lost, lambda asked, forward: executed.append(asked) or forward(asked))
    first = ec2("CreateRouteTable", ClientToken="t")
    again = Request({**first.environ, "HTTP_AMZ_SDK_REQUEST": "attempt=2; max=10"}, first.body)
    with pytest.raises(ConnectionResetError):
        behaviour(first, answers("made"))
    assert b"made" in behaviour(again, answers("made again")).content
    assert executed == [first]
    assert token_of(request("scheduler", '{"ClientToken": "t"}')) == "t"


def test_what_is_new_is_not_seen_for_a_while():
    clock = Clock()
    hidden = Hidden(seconds=2.0, profile_seconds=8.0, clock=clock)
    vpc, subnet = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0"
    listed = f"<set><item><subnetId>{subnet}</subnetId><vpcId>{vpc}</vpcId></item></set>"
    hidden(ec2("DescribeVpcs"), answers(f"<vpcId>{vpc}</vpcId>"))
    hidden(
        ec2("CreateSubnet", VpcId=vpc), answers(f"<subnet><subnetId>{subnet}</subnetId><vpcId>{vpc}</vpcId></subnet>")
    )
    by_id = ec2("DescribeSubnets", **{"SubnetId.1": subnet})
    assert b"InvalidSubnetID.NotFound" in hidden(by_id, answers(listed)).content
    assert subnet.encode() not in hidden(ec2("DescribeSubnets"), answers(listed)).content
    assert hidden(ec2("ModifySubnetAttribute", SubnetId=subnet), answers()).good
    clock.now = 2.0
    assert subnet.encode() in hidden(by_id, answers(listed)).content


def test_a_new_profile_is_unknown_to_ec2_for_longer():
    clock = Clock()
    hidden = Hidden(seconds=2.0, profile_seconds=8.0, clock=clock)
    arn = "arn:aws:iam::123456789012:instance-profile/p"
    hidden(request("iam", "Action=CreateInstanceProfile&InstanceProfileName=p"), answers(f"<Arn>{arn}</Arn>"))
    launch = ec2("RunInstances", **{"IamInstanceProfile.Arn": arn})
    read = request("iam", "Action=GetInstanceProfile&InstanceProfileName=p")
    assert hidden(read, answers()).status == 404
    clock.now = 2.0
    assert hidden(read, answers()).good
    assert b"Invalid IAM Instance Profile ARN" in hidden(launch, answers()).content
    clock.now = 8.0
    assert hidden(launch, answers()).good


def test_what_is_deleted_takes_its_time_to_go():
    clock = Clock()
    removals = Removals(5.0, clock)
    executed = []

    def forward(asked: Request) -> Answer:
        executed.append(asked.action)
        return answers("<set><item><natGatewayId>nat-1</natGatewayId><state>available</state></item></set>")(asked)

    assert removals(ec2("DeleteNatGateway", NatGatewayId="nat-1"), forward).good
    assert executed == []
    asked = ec2("DescribeNatGateways")
    standing = ec2("DescribeNatGateways", **{"Filter.1.Name": "state", "Filter.1.Value.1": "available"})
    assert b"<state>deleting</state>" in removals(asked, forward).content.replace(b"ns0:", b"")
    assert b"nat-1" not in removals(standing, forward).content
    clock.now = 5.0
    removals(asked, forward)
    assert executed == ["DescribeNatGateways", "DescribeNatGateways", "DeleteNatGateway", "DescribeNatGateways"]
