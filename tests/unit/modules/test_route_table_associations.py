# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which route table each subnet has, and how it gets another."""

from __future__ import annotations

from unittest.mock import Mock

from ansible_collections.mlinfra.aws.plugins.modules import route_table_associations as module

TABLES = [
    {
        "RouteTableId": "rtb-1",
        "Associations": [
            {"Main": True, "RouteTableAssociationId": "main"},
            {"SubnetId": "subnet-1", "RouteTableAssociationId": "a-1"},
            {"SubnetId": "subnet-2", "RouteTableAssociationId": "a-2"},
        ],
    }
]


def test_places_are_those_of_the_subnets_asked_for():
    assert module.places(TABLES, ["subnet-1", "subnet-3"]) == {"subnet-1": ("rtb-1", "a-1")}


def test_a_subnet_is_moved_in_one_call():
    client = Mock()
    module.move(client, "subnet-1", "rtb-2", "a-1")
    assert client.mock_calls == [
        ("replace_route_table_association", (), {"AssociationId": "a-1", "RouteTableId": "rtb-2"})
    ]


def test_a_subnet_without_a_table_gets_one():
    client = Mock()
    module.move(client, "subnet-1", "rtb-2", "")
    assert client.mock_calls == [("associate_route_table", (), {"SubnetId": "subnet-1", "RouteTableId": "rtb-2"})]
