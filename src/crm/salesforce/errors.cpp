#include "crm/salesforce/errors.h"

#include "http/retrying.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

constexpr std::string_view permissions = "give the user the permission, or leave it out";
constexpr std::string_view correct_the_data = "correct the value";

constexpr std::array<Meaning, 72> meanings = {{
    {"INVALID_SESSION_ID", ErrorKind::expired, "the session is no longer valid"},
    {"INVALID_AUTH_HEADER", ErrorKind::denied, "the access token was not understood"},
    {"API_DISABLED_FOR_ORG", ErrorKind::denied,
     "this edition of Salesforce has no API; ask Salesforce to enable it"},
    {"API_CURRENTLY_DISABLED", ErrorKind::denied, "give the user the permission 'API Enabled'"},
    {"INSUFFICIENT_ACCESS", ErrorKind::denied, permissions},
    {"INSUFFICIENT_ACCESS_OR_READONLY", ErrorKind::denied, permissions},
    {"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ErrorKind::denied, permissions},
    {"TRANSFER_REQUIRES_READ", ErrorKind::denied, permissions},
    {"TXN_SECURITY_NO_ACCESS", ErrorKind::denied, "a transaction security policy of the org forbids it"},
    {"LOGIN_MUST_USE_SECURITY_TOKEN", ErrorKind::denied, "set 'security-token'"},
    {"REQUEST_LIMIT_EXCEEDED", ErrorKind::throttled,
     "the org's allowance of API requests is used up; try again later"},
    {"LOGIN_RATE_EXCEEDED", ErrorKind::throttled, "too many logins within the hour; try again later"},
    {"LIMIT_EXCEEDED", ErrorKind::throttled, "a limit of the org is reached"},
    {"EXCEEDED_QUOTA", ErrorKind::throttled, "a quota of the org is used up"},
    {"EXCEEDEDQUOTA", ErrorKind::throttled, "a quota of the org is used up"},
    {"TOO_MANY_APEX_REQUESTS", ErrorKind::throttled, "the org is busy with its own code"},
    {"STORAGE_LIMIT_EXCEEDED", ErrorKind::throttled, "the org's storage is full"},
    {"LICENSE_LIMIT_EXCEEDED", ErrorKind::throttled, "the org's licences are used up"},
    {"UNABLE_TO_LOCK_ROW", ErrorKind::unavailable, "somebody else is changing the record"},
    {"SERVER_UNAVAILABLE", ErrorKind::unavailable, "Salesforce is not available now; try again"},
    {"REQUEST_RUNNING_TOO_LONG", ErrorKind::unavailable, "it took Salesforce too long; ask for less"},
    {"QUERY_TIMEOUT", ErrorKind::unavailable, "it took Salesforce too long; filter by an indexed field"},
    {"TXN_SECURITY_METERING_ERROR", ErrorKind::unavailable, "try again"},
    {"INTERNAL_ERROR", ErrorKind::unavailable, "Salesforce failed; try again"},
    {"UNKNOWN_EXCEPTION", ErrorKind::unavailable,
     "Salesforce failed; try again, then give its id to Salesforce"},
    {"OPERATION_TOO_LARGE", ErrorKind::unavailable, "ask for less at a time"},
    {"ORG_IN_MAINTENANCE", ErrorKind::unavailable, "the org is under maintenance; try again later"},
    {"INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", ErrorKind::unavailable,
     "the org is under maintenance"},
    {"FUNCTIONALITY_TEMPORARILY_UNAVAILABLE", ErrorKind::unavailable, "try again later"},
    {"TERRITORY_REALIGN_IN_PROGRESS", ErrorKind::unavailable,
     "territories are being realigned; try again later"},
    {"INVALID_QUERY_LOCATOR", ErrorKind::expired,
     "result pages are kept for two days; the read has to begin again"},
    {"NOT_FOUND", ErrorKind::not_found, "it isn't there, or the user can't see it"},
    {"INVALID_TYPE", ErrorKind::not_found, "the object isn't there, or the user can't see it"},
    {"INVALID_FIELD", ErrorKind::invalid,
     "a field isn't there, the user can't see it, or it can't be used like this"},
    {"MALFORMED_QUERY", ErrorKind::invalid, "correct the filter or the order"},
    {"INVALID_QUERY_FILTER_OPERATOR", ErrorKind::invalid,
     "the filter compares a field in a way that it can't be"},
    {"QUERY_TOO_COMPLICATED", ErrorKind::invalid,
     "select fewer fields, formulas above all, or a simpler filter"},
    {"EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", ErrorKind::invalid,
     "at most two subqueries are allowed in a filter"},
    {"NUMBER_OUTSIDE_VALID_RANGE", ErrorKind::invalid, "a number is too large or too small"},
    {"ENTITY_NOT_QUERYABLE", ErrorKind::unsupported, "this object can't be read by a query"},
    {"INVALIDENTITY", ErrorKind::unsupported,
     "the Bulk API doesn't know this object; read it by pages, write it by rows"},
    {"FEATURENOTENABLED", ErrorKind::unsupported, "the feature is not enabled in this org"},
    {"INVALIDJOB", ErrorKind::expired, "the job has to begin again"},
    {"INVALIDJOBSTATE", ErrorKind::expired, "the job has to begin again"},
    {"GONE", ErrorKind::unsupported, "this API version is retired; set 'api-version' to latest"},
    {"UNSUPPORTED_API_VERSION", ErrorKind::unsupported,
     "this API version is retired; set 'api-version' to latest"},
    {"MALFORMED_ID", ErrorKind::invalid, "an id has 15 or 18 letters and digits"},
    {"JSON_PARSER_ERROR", ErrorKind::invalid, correct_the_data},
    {"REQUIRED_FIELD_MISSING", ErrorKind::invalid, "give the field a value"},
    {"STRING_TOO_LONG", ErrorKind::invalid, correct_the_data},
    {"INVALID_EMAIL_ADDRESS", ErrorKind::invalid, correct_the_data},
    {"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ErrorKind::invalid, "use one of the field's own values"},
    {"INVALID_TYPE_ON_FIELD_IN_RECORD", ErrorKind::invalid, correct_the_data},
    {"INVALID_CROSS_REFERENCE_KEY", ErrorKind::not_found, "the record that is linked to isn't there"},
    {"ENTITY_IS_DELETED", ErrorKind::not_found, "the record is deleted"},
    {"ENTITY_IS_LOCKED", ErrorKind::conflict, "the record is locked, by an approval perhaps"},
    {"DUPLICATE_VALUE", ErrorKind::conflict, "another record has this value"},
    {"DUPLICATES_DETECTED", ErrorKind::conflict, "a duplicate rule of the org found a record like it"},
    {"DUPLICATE_EXTERNAL_ID", ErrorKind::conflict, "several records have this external id"},
    {"MULTIPLE_RECORDS_FOUND", ErrorKind::conflict, "several records have this external id"},
    {"FIELD_CUSTOM_VALIDATION_EXCEPTION", ErrorKind::invalid, "a validation rule of the org refused it"},
    {"FIELD_INTEGRITY_EXCEPTION", ErrorKind::invalid, correct_the_data},
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", ErrorKind::invalid, "the org's own code refused it"},
    {"INVALID_FIELD_FOR_INSERT_UPDATE", ErrorKind::denied, permissions},
    {"PROCESSING_HALTED", ErrorKind::unavailable, "another part of the request failed"},
    {"BATCH_PROCESSING_HALTED", ErrorKind::unavailable, "another part of the request failed"},
    {"ALL_OR_NONE_OPERATION_ROLLED_BACK", ErrorKind::unavailable, "another row of the request failed"},
    {"TOO_MANY_LOCK_FAILURE", ErrorKind::unavailable, "others are changing the records"},
    {"INVALID_REPLICATION_DATE", ErrorKind::expired, "deletions are known for 15 days"},
    {"EXCEEDED_ID_LIMIT", ErrorKind::invalid, "ask for a shorter period"},
    {"METHOD_NOT_ALLOWED", ErrorKind::unsupported, ""},
    {"API_ERROR", ErrorKind::unsupported, "reading this object in bulk needs the permission 'View All'"},
}};

constexpr std::array<Meaning, 15> login_meanings = {{
    {"invalid_client_id", ErrorKind::denied,
     "look at 'client-id': this org has no app with that consumer key"},
    {"invalid_client", ErrorKind::denied, "look at 'client-secret' and 'client-id'"},
    {"invalid_grant", ErrorKind::denied, ""},
    {"redirect_uri_mismatch", ErrorKind::denied, "put 'callback' into the app's Callback URL, word for word"},
    {"unauthorized_client", ErrorKind::denied, "allow this way of logging in ('auth') in the app's settings"},
    {"unsupported_grant_type", ErrorKind::unsupported,
     "'server' has to be the org's My Domain, and the app has to allow this way of logging in ('auth')"},
    {"invalid_request", ErrorKind::invalid, "look at 'auth' and 'client-id'"},
    {"invalid_scope", ErrorKind::denied, "give the app the scope 'api'"},
    {"invalid_app_access", ErrorKind::denied, "allow the user to use the app"},
    {"access_denied", ErrorKind::denied, "allow the user to use the app"},
    {"inactive_user", ErrorKind::denied, "the user is not active"},
    {"inactive_org", ErrorKind::denied, "the org is not active"},
    {"rate_limit_exceeded", ErrorKind::throttled, "too many logins; try again later"},
    {"LOGIN_RATE_EXCEEDED", ErrorKind::throttled, "too many logins within the hour; try again later"},
    {"server_error", ErrorKind::unavailable, "Salesforce failed; try again"},
}};

constexpr std::array<Meaning, 9> soap_meanings = {{
    {"INVALID_LOGIN", ErrorKind::denied,
     "look at 'username', 'password' and 'security-token', and whether the user is locked out"},
    {"LOGIN_MUST_USE_SECURITY_TOKEN", ErrorKind::denied, "set 'security-token'"},
    {"PASSWORD_LOCKOUT", ErrorKind::denied,
     "the user is locked out after wrong passwords; let it be unlocked"},
    {"ORG_LOCKED", ErrorKind::denied, "the org is locked"},
    {"LOGIN_DURING_RESTRICTED_TIME", ErrorKind::denied, "the user's profile allows no login at this hour"},
    {"LOGIN_DURING_RESTRICTED_DOMAIN", ErrorKind::denied,
     "allow this machine's address in the user's profile"},
    {"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", ErrorKind::denied,
     "set a new password in Salesforce, then 'password' and 'security-token'"},
    {"TRIAL_EXPIRED", ErrorKind::denied, "the org's trial is over"},
    {"INVALID_OPERATION", ErrorKind::unsupported,
     "this org has no login() any more; use auth jwt or client-credentials"},
}};

/// What `invalid_grant` says in its description, more exactly.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> grant_advice = {{
    {"audience is invalid", "look at 'server', or set 'audience' to who this login is meant for"},
    {"invalid assertion",
     "upload the certificate of this account's key (koppla account certificate) to the app"},
    {"expired access/refresh token", "the refresh token is worth nothing any more"},
    {"user hasn't approved this consumer", "let an administrator approve the app for the user"},
    {"user is not admin approved", "let an administrator approve the app for the user"},
    {"no client credentials user enabled", "set a 'Run As' user in the app's client credentials flow"},
    {"ip restricted", "allow this machine's address in the user's profile or the app's policies"},
    {"inactive user", "the user is not active"},
    {"inactive organization", "the org is not active"},
}};

/// What Salesforce means by a status where others mean nothing or something else.
Meaning meaning_of_own_status(int status) {
    switch (status) {
        case 406:
            return {"", ErrorKind::unavailable, "try again"};
        case 410:
            return {"", ErrorKind::unsupported, "this API version is retired; set 'api-version' to latest"};
        case 420:
            return {"", ErrorKind::unavailable, "the org is being moved; try again later"};
        default:
            return meaning_of_status(status);
    }
}

Meaning meaning_here(std::string_view symbol, int status) {
    const Meaning meaning = meaning_of(meanings, symbol, status);
    return meaning.symbol.empty() ? meaning_of_own_status(status) : meaning;
}

std::string member(const simdjson::dom::element& object, std::string_view name) {
    std::string_view text;
    return object[name].get(text) == simdjson::SUCCESS ? std::string{text} : std::string{};
}

/// [{"errorCode", "message"}] of the API; whatever else is empty, but what is worded as a login's refusal.
Complaint complaint_of(std::string_view body) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (body.size() > (std::size_t{1} << 20) ||
        parser.parse(simdjson::padded_string{body.data(), body.size()}).get(root) != simdjson::SUCCESS) {
        return {};
    }
    if (Complaint login = login_complaint_of(body); !login.symbol.empty()) return login;
    simdjson::dom::element first = root;
    if (root.is_array() && root.at(0).get(first) != simdjson::SUCCESS) return {};
    if (!first.is_object()) return {};
    std::string symbol = member(first, "errorCode");
    if (symbol.empty()) symbol = member(first, "statusCode");
    return {.symbol = std::move(symbol), .text = member(first, "message")};
}

}  // namespace

Error error_of(int status, std::string_view body, std::string_view attempted) {
    if (is_web_page(body) && status != 414 && status != 431) return web_page_error(attempted);
    const Complaint complaint = complaint_of(body);
    Meaning meaning = meaning_here(complaint.symbol, status);
    if (status == 410) meaning = meaning_of_own_status(status);
    if (complaint.symbol == "REQUEST_LIMIT_EXCEEDED" &&
        complaint.text.find("Concurrent") != std::string::npos) {
        meaning.kind = ErrorKind::unavailable;
        meaning.advice = "too many long requests run at the same time; try again in a while";
    }
    if (complaint.symbol == "API_ERROR" &&
        complaint.text.find("mplementation restriction") == std::string::npos) {
        meaning = meaning_of_own_status(status);
    }
    return refusal(status, complaint, meaning, attempted);
}

Error error_of(const http::Response& response, std::string_view attempted) {
    Error result = error_of(response.status, response.body, attempted);
    result.retry_after = http::retry_after(response.headers);
    return result;
}

bool is_passing(std::string_view symbol, std::string_view text) {
    constexpr std::array<std::string_view, 3> wrapping = {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                                                          "CANNOT_EXECUTE_FLOW_TRIGGER", "CUSTOM_APEX_ERROR"};
    constexpr std::array<std::string_view, 2> locks = {"UNABLE_TO_LOCK_ROW",
                                                       "unable to obtain exclusive access"};
    if (std::ranges::find(wrapping, symbol) != wrapping.end()) {
        return std::ranges::any_of(locks,
                                   [&](auto lock) { return text.find(lock) != std::string_view::npos; });
    }
    const ErrorKind kind = meaning_of(meanings, symbol, 400).kind;
    return kind == ErrorKind::unavailable || kind == ErrorKind::throttled || kind == ErrorKind::expired;
}

Error error_of_write(Error failure) {
    // Salesforce says by these that it didn't begin; an empty symbol, that nothing reached it.
    constexpr std::array<std::string_view, 11> harmless = {
        "",
        "HTTP 420",
        "HTTP 429",
        "HTTP 503",
        "SERVER_UNAVAILABLE",
        "REQUEST_LIMIT_EXCEEDED",
        "ORG_IN_MAINTENANCE",
        "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
        "TERRITORY_REALIGN_IN_PROGRESS",
        "UNABLE_TO_LOCK_ROW"};
    const bool is_answer_lost = failure.kind == ErrorKind::corrupt;
    const bool may_have_begun = failure.kind == ErrorKind::unavailable &&
                                std::ranges::find(harmless, failure.symbol) == harmless.end();
    if (is_answer_lost || may_have_begun) failure.kind = ErrorKind::in_doubt;
    return failure;
}

Error not_begun(Error failure) {
    if (failure.kind == ErrorKind::in_doubt || failure.kind == ErrorKind::corrupt)
        failure.kind = ErrorKind::unavailable;
    return failure;
}

Error login_error_of(const http::Response& response, std::string_view server, std::string_view advice) {
    const std::string attempted = fmt::format("logging in at {}", server);
    if (is_web_page(response.body)) return web_page_error(attempted);
    const Complaint complaint = complaint_of(response.body);
    Meaning meaning = meaning_of(login_meanings, complaint.symbol, response.status);
    if (complaint.symbol.empty() && response.status == 404) {
        meaning.advice = "look at 'server': there is no login there";
    }
    if (complaint.symbol == "invalid_grant") {
        const auto* exact = std::ranges::find_if(
            grant_advice, [&](const auto& each) { return complaint.text.starts_with(each.first); });
        meaning.advice = exact != grant_advice.end() ? exact->second : advice;
    }
    Error result = refusal(response.status, complaint, meaning, attempted);
    result.retry_after = http::retry_after(response.headers);
    return result;
}

Error soap_login_error_of(const SoapReply& fault, std::string_view attempted) {
    Meaning meaning = meaning_of(soap_meanings, fault.fault_code, 0);
    if (meaning.symbol.empty()) meaning = meaning_of(meanings, fault.fault_code, 500);
    std::string message = fmt::format("{} failed: {}", attempted, shown(fault.fault_text));
    if (!meaning.advice.empty()) message += fmt::format("; {}", meaning.advice);
    return error(meaning.kind, std::move(message), shown(fault.fault_code));
}

}  // namespace koppla::salesforce
