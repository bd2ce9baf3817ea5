"""HTTP APIs: moto keeps them by API, and of their CloudFormation types it knows none.

Each class puts the resource where moto keeps its kind. Importing this module registers them, as in `resources`.
"""

from typing import Any, Final

from moto.apigatewayv2.models import apigatewayv2_backends
from moto.core.common_models import CloudFormationModel

from local.engine.bridge.resources import Created, Place, Properties

_API: Final[dict[str, Any]] = {
    "api_key_selection_expression": None,
    "cors_configuration": None,
    "description": None,
    "disable_schema_validation": None,
    "disable_execute_api_endpoint": None,
    "route_selection_expression": None,
    "tags": {},
    "version": None,
}
_INTEGRATION: Final = (
    "connection_id",
    "connection_type",
    "content_handling_strategy",
    "credentials_arn",
    "description",
    "integration_method",
    "integration_subtype",
    "passthrough_behavior",
    "request_parameters",
    "request_templates",
    "response_parameters",
    "template_selection_expression",
    "tls_config",
)
_ROUTE: Final = (
    "api_key_required",
    "authorization_scopes",
    "authorization_type",
    "authorizer_id",
    "model_selection_expression",
    "operation_name",
    "request_models",
    "request_parameters",
    "route_response_selection_expression",
)


class ApiResource(Created, CloudFormationModel):
    """The API itself."""

    type_name = "AWS::ApiGatewayV2::Api"
    name_property = "Name"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "ApiResource":
        backend: Any = apigatewayv2_backends[at.account][at.region]
        api = backend.create_api(**_API, name=name, protocol_type=properties["ProtocolType"])
        return cls(api.api_id, properties)


class IntegrationResource(Created, CloudFormationModel):
    """Which function answers."""

    type_name = "AWS::ApiGatewayV2::Integration"

    @classmethod
    def create(cls, _name: str, properties: Properties, at: Place) -> "IntegrationResource":
        backend: Any = apigatewayv2_backends[at.account][at.region]  # its types forbid what its code allows: None
        made = backend.create_integration(
            api_id=properties["ApiId"],
            integration_type=properties["IntegrationType"],
            integration_uri=properties["IntegrationUri"],
            payload_format_version=properties["PayloadFormatVersion"],
            timeout_in_millis=properties["TimeoutInMillis"],
            **dict.fromkeys(_INTEGRATION),
        )
        return cls(made.id, properties)


class RouteResource(Created, CloudFormationModel):
    """Which requests reach it."""

    type_name = "AWS::ApiGatewayV2::Route"

    @classmethod
    def create(cls, _name: str, properties: Properties, at: Place) -> "RouteResource":
        backend: Any = apigatewayv2_backends[at.account][at.region]
        made = backend.create_route(
            api_id=properties["ApiId"],
            route_key=properties["RouteKey"],
            target=properties["Target"],
            **dict.fromkeys(_ROUTE),
        )
        return cls(made.route_id, properties)


class StageResource(Created, CloudFormationModel):
    """Where it can be called, and how often."""

    type_name = "AWS::ApiGatewayV2::Stage"

    @classmethod
    def create(cls, _name: str, properties: Properties, at: Place) -> "StageResource":
        config = {
            "stageName": properties["StageName"],
            "autoDeploy": properties.get("AutoDeploy"),
            "defaultRouteSettings": properties.get("DefaultRouteSettings", {}),
        }
        apigatewayv2_backends[at.account][at.region].create_stage(api_id=properties["ApiId"], config=config)
        return cls(properties["StageName"], properties)
