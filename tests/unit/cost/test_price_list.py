# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the AWS Price List is asked and what is taken from its answers; botocore checks both against the real service."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from ansible_collections.mlinfra.aws.plugins.module_utils.cost import api, price_list
from ansible_collections.mlinfra.aws.plugins.module_utils.pricing.prices import load, price
from botocore.exceptions import EndpointConnectionError

REGION = "eu-central-1"


class InTurn(Executor):
    """Runs everything at once and in order, as the stubbed answers come."""

    def submit(self, function, /, *arguments, **named) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:  # it is handed on, as any executor does
            future.set_exception(error)
        return future


def product(usage: str, *tiers: tuple[str, str], currency: str = "USD") -> str:
    """A product as the service returns it: as text."""
    dimensions = {
        f"rate{number}": {"unit": "Hrs", "beginRange": begin, "endRange": "Inf", "pricePerUnit": {currency: amount}}
        for number, (begin, amount) in enumerate(tiers)
    }
    terms = {"OnDemand": {"offer": {"priceDimensions": dimensions}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage, "regionCode": REGION}}, "terms": terms})


def taken(question: price_list.Question, *products: str) -> dict[str, Any]:
    return price_list.taken(question, products)


def test_regions_put_their_code_before_a_usage_type():
    """And what only ends like it is something else."""
    answer = taken(
        price_list.FIRST,
        product("EUC1-NatGateway-Hours", ("0", "0.0520000000")),
        product("NatGateway-Bytes", ("0", "0.0520000000")),
        product("EUC1-NatGateway-Prvd-Hours", ("0", "9")),
        product("EUC1-NoNatGateway-HoursX", ("0", "9")),
    )
    assert answer == {"nat_gateway_hour": 0.052, "nat_gb": 0.052}


def test_the_first_tier_that_costs_anything_counts():
    """The free one and those for large amounts do not."""
    tiers = [("10240", "0.085"), ("0", "0.0000000000"), ("1", "0.09"), ("51200", "0.07")]
    [question] = [one for one in price_list.further_questions([], []) if one.service == "AWSDataTransfer"]
    assert taken(question, product("EUC1-DataTransfer-Out-Bytes", *tiers)) == {"transfer_out_gb": 0.09}
    assert taken(question, product("EUC1-DataTransfer-Out-Bytes", ("0", "0"))) == {}
    assert taken(question, product("EUC1-DataTransfer-Out-Bytes", ("0", "0.9"), currency="CNY")) == {}
    assert price_list.first_tier({"terms": {}}) is None


def test_every_answer_has_its_place_in_the_list():
    """All that is taken of the service is a price of the collection's list too, of the same name."""
    listed = load("us-east-1")
    questions = [price_list.FIRST, *price_list.further_questions(["t3.medium", "g5.xlarge"], ["gp3", "gp2", "io1", "standard"])]
    places = [place for question in questions for place in question.takes.values()]
    assert len(places) == len(set(places))
    assert [place for place in places if price(listed, *place) is None] == []


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [("us-west-2", "us-east-1"), ("eu-west-1", "eu-central-1"), ("ap-south-1", "ap-south-1"), ("sa-east-1", "us-east-1")],
)
def test_the_nearest_endpoint(region, endpoint):
    """The service answers in three regions only."""
    assert price_list.endpoint_region(region) == endpoint


def test_the_service_is_asked_for_a_region_s_prices(aws):
    """All pages, with filters that the service knows."""
    questions = price_list.further_questions(["t3.medium"], ["gp3"])
    page = {"FormatVersion": "aws_v1", "PriceList": []}
    first = price_list.FIRST.arguments(REGION)
    hours, gb = product("EUC1-NatGateway-Hours", ("0", "0.052")), product("EUC1-NatGateway-Bytes", ("0", "0.052"))
    aws.answer("pricing", "get_products", {**page, "PriceList": [hours], "NextToken": "more"}, first)
    aws.answer("pricing", "get_products", {**page, "PriceList": [gb]}, {**first, "NextToken": "more"})
    for question in questions:
        answers = [product(f"EUC1-{end}", ("0", "0.5")) for end in question.takes]
        aws.answer("pricing", "get_products", {**page, "PriceList": answers}, question.arguments(REGION))
    told = api.prices(lambda: aws("pricing"), REGION, questions, InTurn())
    assert told["reason"] == ""
    assert told["prices"]["nat_gateway_hour"] == 0.052
    assert told["prices"]["instance_hour"] == {"t3.medium": 0.5}
    assert told["prices"]["volume_gb_month"] == {"gp3": 0.5}
    assert len(told["prices"]) == 15


def test_a_service_that_refuses_is_asked_once(aws):
    """And says why."""
    aws.refuse("pricing", "get_products", "AccessDeniedException", "not authorized to perform: pricing:GetProducts")
    told = api.prices(lambda: aws("pricing"), REGION, price_list.further_questions(["t3.medium"], []), InTurn())
    assert told == {"prices": {}, "reason": "AccessDeniedException: not authorized to perform: pricing:GetProducts"}


def test_a_service_out_of_reach():
    def no_client():
        raise EndpointConnectionError(endpoint_url="https://api.pricing.example")

    told = api.prices(no_client, REGION, [], InTurn())
    assert told["prices"] == {}
    assert "Could not connect" in told["reason"]


def test_a_region_without_products(aws):
    aws.answer("pricing", "get_products", {"FormatVersion": "aws_v1", "PriceList": []})
    told = api.prices(lambda: aws("pricing"), "mars-1", [], InTurn())
    assert told == {"prices": {}, "reason": "the AWS Price List has no product of this region"}
