#include "crm/salesforce/connector.h"

#include "base/ascii.h"
#include "crm/salesforce/allowance.h"
#include "crm/salesforce/browser.h"
#include "crm/salesforce/bulk.h"
#include "crm/salesforce/codec/id.h"
#include "crm/salesforce/codec/records.h"
#include "crm/salesforce/deletions.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/filter_soql.h"
#include "crm/salesforce/metadata.h"
#include "crm/salesforce/pages.h"
#include "crm/salesforce/query.h"
#include "crm/salesforce/record_writer.h"
#include "crm/salesforce/session.h"
#include "crm/salesforce/settings.h"
#include "crm/salesforce/tuning.h"
#include "http/retrying.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::salesforce {

namespace {

using Stage = Position::Stage;

std::string member(const std::string& body, std::string_view name) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    std::string_view text;
    if (parser.parse(body).get(root) != simdjson::SUCCESS || root[name].get(text) != simdjson::SUCCESS)
        return {};
    return std::string{text};
}

/// What any permission set grants is there, whoever may see it. [Salesforce: Object Reference,
/// ObjectPermissions and FieldPermissions]
struct PermissionQuery {
    std::string_view object;
    std::string_view field;
};
constexpr PermissionQuery of_objects{.object = "ObjectPermissions", .field = "SobjectType"};
constexpr PermissionQuery of_fields{.object = "FieldPermissions", .field = "Field"};

class Connector final : public CrmConnector {
  public:
    Connector(AccountSettings account, ConnectorParts parts)
        : server_{account.server},
          clock_{parts.clock},
          allowance_{parts.client, account.allowance_share},
          retrying_{allowance_, parts.clock, tuning::retries, std::move(parts.tell)},
          session_{std::move(account), retrying_, allowance_, parts.tokens, parts.clock} {}

    [[nodiscard]] const Abilities& abilities() const override { return abilities_; }
    [[nodiscard]] Usage usage() const override { return allowance_.usage(); }
    Result<Identity> check(const Call& call) override;
    Result<Instant> now(const Call& call) override;
    Result<std::vector<ObjectSummary>> objects(const Call& call) override;
    Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest> requests,
                                                    const Call& call) override;
    Result<std::vector<Sight>> look_for(std::span<const Member> members, const Call& call) override;
    [[nodiscard]] Result<std::string> condition(const model::Filter& filter,
                                                const model::ObjectSchema& object,
                                                Instant now) const override {
        return soql_condition(filter, object, now);
    }
    Result<ReadPlan> plan(const ReadRequest& request, const Call& call) override;
    Result<PartEnd> read(const ReadRequest& request, const Part& part, BatchSink& sink,
                         const Call& call) override;
    [[nodiscard]] bool is_id(std::string_view text) const override { return is_like_id(text); }
    void normalize_ids(model::Batch& batch, std::span<const std::size_t> columns) const override {
        lengthen_ids(batch, columns);
    }
    Result<std::unique_ptr<RecordWriter>> writer(const WriteRequest& request, std::int64_t rows,
                                                 const Call& /*call*/) override {
        return record_writer(session_, clock_, request, rows);
    }
    Result<Instant> deletions(const model::ObjectSchema& object, Instant from, Instant until,
                              DeletionSink& sink, const Call& call) override {
        return read_deletions(session_, clock_, allowance_, object, from, until, sink, call);
    }

  private:
    struct Query {
        std::int64_t total = 0;
        std::vector<std::vector<std::string>> records;
    };
    Result<Query> query(std::string_view resource, std::string_view statement,
                        const std::vector<std::string>& fields, const std::string& attempted,
                        const Call& call);
    Result<http::Response> versions(const Call& call);
    Result<void> name_user(Identity& identity, const Call& call);
    Result<std::vector<std::string>> permitted(const PermissionQuery& permissions,
                                               std::span<const std::string> names, const Call& call);

    const std::string server_;
    const Abilities abilities_{.objects_per_describe = tuning::objects_per_describe,
                               .has_deletion_log = true,
                               .unlocked_parents = {"User", "Group", "RecordType"}};
    const Clock& clock_;
    Allowance allowance_;
    http::Retrying retrying_;
    Session session_;
};

Result<http::Response> Connector::versions(const Call& call) {
    return session_.send_text(Ask{.path = "/services/data", .attempted = "asking for the time"}, call);
}

Result<Instant> Connector::now(const Call& call) {
    const http::Response response = TRY(versions(call));
    const auto date = response.headers.find("Date");
    if (!date) {
        return error(ErrorKind::corrupt,
                     fmt::format("asking {} for the time failed: its answer has no date", server_));
    }
    auto instant = parse_http_date(*date);
    if (!instant) return instant.error().with_context(fmt::format("asking {} for the time", server_));
    return *instant;
}

/// The answer of a small query, cut into texts.
Result<Connector::Query> Connector::query(std::string_view resource, std::string_view statement,
                                          const std::vector<std::string>& fields,
                                          const std::string& attempted, const Call& call) {
    const std::string path =
        query_path(fmt::format("{}/{}", TRY(session_.data_path(call)), resource), statement);
    const http::Response response = TRY(session_.send_text(Ask{.path = path, .attempted = attempted}, call));
    model::Batch batch;
    batch.page.reserve(response.body.size() + simdjson::SIMDJSON_PADDING);
    std::memcpy(batch.page.bytes.get(), response.body.data(), response.body.size());
    batch.page.size = response.body.size();
    RecordReader reader{fields};
    auto page = reader.read(batch);
    if (!page) return page.error().with_context(attempted);
    Query result{.total = page->total, .records = {}};
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
        std::vector<std::string>& record = result.records.emplace_back();
        for (std::size_t column = 0; column < fields.size(); ++column)
            record.emplace_back(batch.cell(column, row).text());
    }
    return result;
}

/// The user's name where OAuth tells it; else the id at the end of the login's identity.
Result<void> Connector::name_user(Identity& identity, const Call& call) {
    const Credentials credentials = TRY(session_.credentials(call));
    const std::string& url = credentials.identity;
    const auto slash = url.rfind('/');
    identity.user = slash == std::string::npos ? std::string{} : url.substr(slash + 1);
    auto response = session_.send_text(
        Ask{.path = "/services/oauth2/userinfo", .attempted = "asking who logged in"}, call);
    if (!response) {
        const ErrorKind kind = response.error().kind;
        // The scope "api" alone doesn't open it, and the login itself has been proved.
        if (kind == ErrorKind::denied || kind == ErrorKind::not_found) return {};
        return response.error();
    }
    if (std::string user = member(response->body, "preferred_username"); !user.empty())
        identity.user = std::move(user);
    return {};
}

Result<Identity> Connector::check(const Call& call) {
    Identity identity;
    identity.api_version = TRY(session_.api_version(call));
    const auto sent = clock_.steady();
    const Instant sent_at = clock_.now();
    const Instant theirs = TRY(now(call));
    identity.round_trip = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - sent);
    // The header is cut to seconds and was written half a round trip ago: within half a second of the truth.
    identity.clock_difference = theirs + std::chrono::milliseconds{500} - (sent_at + identity.round_trip / 2);
    TRY(name_user(identity, call));
    Query organization = TRY(
        query("query", "SELECT Id,Name FROM Organization", {"Id", "Name"}, "reading the organisation", call));
    if (!organization.records.empty()) {
        identity.organization_id = organization.records.front().at(0);
        identity.organization = organization.records.front().at(1);
    }
    identity.server = TRY(session_.credentials(call)).instance_url;
    return identity;
}

Result<std::vector<ObjectSummary>> Connector::objects(const Call& call) {
    const std::string path = TRY(session_.data_path(call)) + "/sobjects";
    const http::Response response =
        TRY(session_.send_text(Ask{.path = path, .attempted = "listing the objects"}, call));
    return object_summaries(response.body);
}

Result<std::vector<Result<Described>>> Connector::describe(std::span<const DescribeRequest> requests,
                                                           const Call& call) {
    if (requests.size() > static_cast<std::size_t>(tuning::objects_per_describe)) {
        return error(ErrorKind::invalid, fmt::format("at most {} objects can be described at a time, not {}",
                                                     tuning::objects_per_describe, requests.size()));
    }
    const auto fits = [](const DescribeRequest& request) { return is_identifier(request.object); };
    std::vector<DescribeRequest> sent;
    std::ranges::copy_if(requests, std::back_inserter(sent), fits);
    std::vector<Result<Described>> answers;
    if (!sent.empty()) {
        const std::string data_path = TRY(session_.data_path(call));
        const http::Response response = TRY(session_.send_text(Ask{.method = "POST",
                                                                   .path = data_path + "/composite",
                                                                   .body = describe_body(sent, data_path),
                                                                   .attempted = "describing objects"},
                                                               call));
        answers = TRY(described(response.body, sent));
    }
    std::vector<Result<Described>> results;
    auto answer = answers.begin();
    for (const DescribeRequest& request : requests) {
        results.push_back(fits(request) ? std::move(*answer++)
                                        : Result<Described>{error(
                                              ErrorKind::not_found,
                                              fmt::format("there is no object '{}': a name has letters, "
                                                          "digits and '_'",
                                                          shown(request.object)))});
    }
    return results;
}

/// Those of the names that some permission set grants; a charged call.
Result<std::vector<std::string>> Connector::permitted(const PermissionQuery& permissions,
                                                      std::span<const std::string> names, const Call& call) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < names.size(); at += tuning::names_a_query) {
        const auto some = names.subspan(at, std::min(tuning::names_a_query, names.size() - at));
        const std::string statement =
            fmt::format("SELECT {0} FROM {1} WHERE PermissionsRead = true AND {0} IN ('{2}') GROUP BY {0}",
                        permissions.field, permissions.object, fmt::join(some, "','"));
        const Query granted = TRY(
            query("query", statement, {std::string{permissions.field}}, "looking at the permissions", call));
        for (const std::vector<std::string>& record : granted.records) found.push_back(record.front());
    }
    return found;
}

Result<std::vector<Sight>> Connector::look_for(std::span<const Member> members, const Call& call) {
    std::vector<Sight> sights(members.size(), Sight::unknown);
    const auto name_of = [](const Member& member) {
        return member.field.empty() ? member.object : fmt::format("{}.{}", member.object, member.field);
    };
    const auto is_asked = [](const Member& member, bool is_field) {
        return member.field.empty() != is_field && is_identifier(member.object) &&
               (member.field.empty() || is_identifier(member.field));
    };
    for (const bool is_field : {false, true}) {
        std::vector<std::string> names;
        for (const Member& member : members)
            if (is_asked(member, is_field)) names.push_back(name_of(member));
        if (names.empty()) continue;
        const auto found = permitted(is_field ? of_fields : of_objects, names, call);
        if (!found) {
            const ErrorKind kind = found.error().kind;
            // Without "View Setup and Configuration" there are no such objects, or none that answer.
            if (kind == ErrorKind::denied || kind == ErrorKind::not_found || kind == ErrorKind::invalid)
                continue;
            return found.error();
        }
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (!is_asked(members[i], is_field)) continue;
            const bool is_there = std::ranges::any_of(*found, [&](const std::string& name) {
                return equal_without_case(name, name_of(members[i]));
            });
            sights[i] = is_there ? Sight::hidden : Sight::gone;
        }
    }
    return sights;
}

Result<ReadPlan> Connector::plan(const ReadRequest& request, const Call&) {
    // The data path is as long with any version, so that planning needs no answer of Salesforce.
    const std::string statement = TRY(soql(request, request.path));
    const std::size_t url_bytes = session_.url_bytes(query_path("/services/data/v68.0/queryAll", statement));
    const auto plan = [](const Position& position, int calls, std::string why) {
        return ReadPlan{
            .parts = {Part{.position = position.text()}}, .calls_expected = calls, .why = std::move(why)};
    };
    const bool is_too_long = url_bytes > tuning::url_bytes_max;
    if (request.path == ReadPath::bulk) {
        return plan(Position{.stage = Stage::job_wanted}, 4, "as a bulk job, as asked");
    }
    if (is_too_long && request.path == ReadPath::pages) {
        return error(
            ErrorKind::invalid,
            fmt::format(
                "{}: the query makes a URL of {} bytes, and result pages take {}; use fewer fields, a "
                "shorter filter, or bulk",
                request.object->name, url_bytes, tuning::url_bytes_max));
    }
    if (request.path == ReadPath::pages)
        return plan(Position{.stage = Stage::pages}, 1, "page by page, as asked");
    if (is_too_long) {
        return plan(Position{.stage = Stage::job_wanted}, 4,
                    fmt::format("as a bulk job: the query is too long for a URL ({} bytes)", url_bytes));
    }
    return plan(Position{.stage = Stage::automatic}, 1,
                fmt::format("page by page, or as a bulk job beyond {} rows", tuning::pages_rows_max));
}

Result<PartEnd> Connector::read(const ReadRequest& request, const Part& part, BatchSink& sink,
                                const Call& call) {
    const Position position = TRY(Position::of(part.position));
    if (position.stage == Stage::done) return PartEnd{};
    // A stored position says nothing of the request: what it asks for is checked whatever comes next.
    TRY(soql(request, request.path));
    if (position.stage == Stage::job || position.stage == Stage::job_wanted) {
        return read_bulk(session_, clock_, request, position, part.rows, sink, call);
    }
    return read_pages(session_, allowance_, request, position, part.rows, sink, call);
}

constexpr std::array<std::string_view, 2> examples = {
    "--server https://acme.my.salesforce.com \\\n"
    "      --auth client-credentials --client-id ID --client-secret-file secret.txt",
    "--server https://acme.my.salesforce.com \\\n"
    "      --auth jwt --client-id ID --username integration@acme.example"};

Result<std::unique_ptr<CrmConnector>> connect(ConnectorParts parts) {
    AccountSettings account = TRY(account_settings(parts.settings, parts.secrets));
    account.name = parts.account;
    return std::unique_ptr<CrmConnector>{std::make_unique<Connector>(std::move(account), std::move(parts))};
}

}  // namespace

const AccountType account_type = {.name = "salesforce",
                                  .label = "Salesforce",
                                  .options = options(),
                                  .examples = examples,
                                  .check_settings = check_settings,
                                  .missing = missing,
                                  .check_secrets = check_secrets,
                                  .notices = notices,
                                  .needs_person = needs_person,
                                  .login_settings = login_settings(),
                                  .signing = signing,
                                  .signing_options = "--auth jwt --username USER",
                                  .certificate_steps = certificate_steps(),
                                  .deletions_kept = tuning::deletions_kept,
                                  .allowed_hosts = allowed_hosts,
                                  .connect = connect,
                                  .log_in_by_person = log_in_by_person};

}  // namespace koppla::salesforce
