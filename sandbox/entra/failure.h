#pragma once

#include <string>
#include <string_view>

namespace koppla::sandbox::entra {

/// One way in which the tenant says no. `text` may have one {} for what was wrong.
struct Failure {
    int code;  ///< the number after "AADSTS"
    std::string_view error;
    std::string_view text;
    int status = 400;
    std::string_view suberror{};
};

/// [Microsoft Entra: authentication and authorization error codes]
namespace failure {
inline constexpr Failure tenant_unknown{
    90002, "invalid_request",
    "Tenant '{}' not found. Check to make sure you have the correct tenant ID "
    "and are signing into the correct cloud."};
inline constexpr Failure parameter_missing{900144, "invalid_request",
                                           "The request body must contain the following parameter: '{}'."};
inline constexpr Failure grant_unknown{70003, "unsupported_grant_type",
                                       "The app requested an unsupported grant type '{}'."};
inline constexpr Failure grant_on_common{9001023, "invalid_request",
                                         "The grant type is not supported over the /common or /consumers "
                                         "endpoints. Please use the /organizations or "
                                         "tenant-specific endpoint."};
inline constexpr Failure resource_on_v2{901002, "invalid_request",
                                        "The 'resource' request parameter is not supported."};
inline constexpr Failure scope_invalid{
    70011, "invalid_scope",
    "The provided request must include a 'scope' input parameter. The provided "
    "value for the input parameter 'scope' is not valid. The scope {} is not "
    "valid."};
inline constexpr Failure resource_unknown{
    500011, "invalid_resource",
    "The resource principal named {} was not found in the tenant. This can happen if the application has not "
    "been installed by the administrator of the tenant or consented to by any user in the tenant."};
inline constexpr Failure app_unknown{
    700016, "unauthorized_client",
    "Application with identifier '{}' was not found in the directory. This can happen if the application has "
    "not "
    "been installed by the administrator of the tenant or consented to by any user in the tenant."};
inline constexpr Failure app_disabled{7000112, "unauthorized_client", "Application '{}' is disabled."};
inline constexpr Failure credential_missing{
    7000218, "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.", 401};
inline constexpr Failure secret_wrong{7000215, "invalid_client",
                                      "Invalid client secret provided. Ensure the secret being sent in the "
                                      "request is the client secret value, not "
                                      "the client secret ID, for a secret added to app '{}'.",
                                      401};
inline constexpr Failure secret_expired{7000222, "invalid_client",
                                        "The provided client secret keys for app '{}' are expired. Visit the "
                                        "Azure portal to create new keys for your "
                                        "app.",
                                        401};
inline constexpr Failure assertion_malformed{50027, "invalid_client", "JWT token is invalid or malformed.",
                                             401};
inline constexpr Failure assertion_signature{
    700027, "invalid_client", "Client assertion contains an invalid signature. [Reason - {}]", 401};
inline constexpr Failure assertion_issuer{
    700021, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter.",
    401};
inline constexpr Failure assertion_audience{
    700023, "invalid_client", "Client assertion audience claim does not match Realm issuer.", 401};
inline constexpr Failure assertion_time{700024, "invalid_client",
                                        "Client assertion is not within its valid time range. {}", 401};
inline constexpr Failure user_or_password{
    50126, "invalid_grant", "Error validating credentials due to invalid username or password."};
inline constexpr Failure user_unknown{50034, "invalid_grant",
                                      "The user account {} does not exist in the directory."};
inline constexpr Failure user_locked{50053, "invalid_grant",
                                     "The account is locked, you've tried to sign in too many times with an "
                                     "incorrect user ID or password."};
inline constexpr Failure password_expired{50055, "invalid_grant", "The password is expired."};
inline constexpr Failure user_disabled{50057, "invalid_grant", "The user account is disabled."};
inline constexpr Failure mfa_needed{50076, "interaction_required",
                                    "Due to a configuration change made by your administrator, or because "
                                    "you moved to a new location, you must "
                                    "use multi-factor authentication to access the resource.",
                                    400, "basic_action"};
inline constexpr Failure consent_missing{
    65001, "invalid_grant",
    "The user or administrator has not consented to use the application with ID '{}'. Send an interactive "
    "authorization request for this user and resource.",
    400, "consent_required"};
inline constexpr Failure refresh_invalid{70000, "invalid_grant", "Provided grant is invalid or malformed.",
                                         400, "bad_token"};
inline constexpr Failure refresh_expired{
    700082, "invalid_grant", "The refresh token has expired due to inactivity.", 400, "token_expired"};
inline constexpr Failure code_invalid{70000, "invalid_grant",
                                      "The provided value for the 'code' parameter is not valid."};
inline constexpr Failure code_used{
    54005, "invalid_grant",
    "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
    "refresh token."};
inline constexpr Failure code_expired{70008, "invalid_grant", "The provided authorization code has expired.",
                                      400, "token_expired"};
inline constexpr Failure verifier_wrong{
    501481, "invalid_grant",
    "The Code_Verifier does not match the code_challenge supplied in the authorization request."};
inline constexpr Failure redirect_wrong{
    50011, "invalid_request",
    "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the "
    "application."};
inline constexpr Failure response_type_unknown{70005, "unsupported_response_type",
                                               "The app requested an unsupported response type '{}'."};
inline constexpr Failure device_pending{
    70016, "authorization_pending",
    "OAuth 2.0 device flow error. Authorization is pending. Continue polling."};
inline constexpr Failure device_declined{70016, "authorization_declined",
                                         "The end user denied the authorization request."};
inline constexpr Failure device_code_bad{70018, "bad_verification_code",
                                         "Invalid verification code. The device code wasn't recognized."};
inline constexpr Failure device_code_expired{70019, "expired_token", "The device code has expired."};
}  // namespace failure

/// A failure with its {} filled.
struct Refusal {
    Failure failure;
    std::string detail{};

    [[nodiscard]] std::string text() const;
};

}  // namespace koppla::sandbox::entra
