"""Salesforce on loopback: a login host, a My Domain host and one org behind both."""

from lab.estate.salesforce.org import Org
from lab.estate.salesforce.server import SalesforceStandIn

__all__ = ["Org", "SalesforceStandIn"]
