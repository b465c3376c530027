#include "crm/dynamics/connector.h"

#include "base/ascii.h"
#include "crm/dynamics/metadata.h"
#include "crm/dynamics/person.h"
#include "crm/dynamics/reading.h"
#include "crm/dynamics/session.h"
#include "crm/dynamics/settings.h"
#include "crm/dynamics/tuning.h"
#include "crm/dynamics/writing.h"
#include "crm/odata/filter.h"
#include "crm/odata/query.h"
#include "crm/refusal.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace koppla::dynamics {

namespace {

class Connector final : public CrmConnector {
  public:
    Connector(AccountSettings account, LookupNames names, ConnectorParts parts)
        : names_{names}, session_{std::move(account), std::move(parts)} {}

    [[nodiscard]] const Abilities& abilities() const override { return abilities_; }
    [[nodiscard]] Usage usage() const override { return session_.usage(); }
    Result<Identity> check(const Call& call) override { return session_.check(call); }
    Result<Instant> now(const Call& call) override { return session_.now(call); }
    Result<std::vector<ObjectSummary>> objects(const Call& call) override;
    Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest> requests,
                                                    const Call& call) override;
    Result<std::vector<Sight>> look_for(std::span<const Member> members, const Call& call) override;
    [[nodiscard]] Result<std::string> condition(const model::Filter& filter,
                                                const model::ObjectSchema& object,
                                                Instant now) const override {
        return odata::odata_condition(filter, object, now, odata::Dialect::dataverse);
    }
    Result<ReadPlan> plan(const ReadRequest& request, const Call& call) override {
        return read_plan(session_, request, call);
    }
    Result<PartEnd> read(const ReadRequest& request, const Part& part, BatchSink& sink,
                         const Call& call) override {
        return read_part(session_, request, part, sink, call);
    }
    [[nodiscard]] bool is_id(std::string_view text) const override { return odata::guid(text).has_value(); }
    void normalize_ids(model::Batch& batch, std::span<const std::size_t> columns) const override;
    Result<std::unique_ptr<RecordWriter>> writer(const WriteRequest& request, std::int64_t rows,
                                                 const Call& call) override {
        return record_writer(session_, request, rows, call);
    }

  private:
    Result<MetadataChanges> changes(std::span<const std::string> tables, Extent extent,
                                    const std::string& stamp, const Call& call);
    Result<std::map<std::string, std::string>> unchanged(std::span<const DescribeRequest> requests,
                                                         const Call& call);

    const Abilities abilities_{
        .objects_per_describe = tuning::objects_per_describe,
        .takes_our_ids = true,
        .unlocked_parents = {"systemuser", "team", "businessunit", "transactioncurrency"}};
    const LookupNames names_;
    Session session_;
};

void Connector::normalize_ids(model::Batch& batch, std::span<const std::size_t> columns) const {
    for (const std::size_t column : columns) {
        for (std::size_t row = 0; row < batch.row_count(); ++row) {
            const model::Cell& cell = batch.cell(column, row);
            const bool is_canonical =
                !cell.is_text() || std::ranges::none_of(cell.text(), [](char c) { return c != lower(c); });
            if (is_canonical) continue;
            if (const auto guid = odata::guid(cell.text())) batch.replace(column, row, *guid);
        }
    }
}

Result<std::vector<ObjectSummary>> Connector::objects(const Call& call) {
    const odata::Ask ask{.path = tables_path(), .attempted = "listing the tables"};
    const http::Response response = TRY(session_.web_api().send_text(ask, call));
    return object_summaries(response.body);
}

Result<MetadataChanges> Connector::changes(std::span<const std::string> tables, Extent extent,
                                           const std::string& stamp, const Call& call) {
    const odata::Ask ask{.path = changes_path(tables, extent, stamp), .attempted = "describing tables"};
    const http::Response response = TRY(session_.web_api().send_text(ask, call));
    return MetadataChanges::of(response.body);
}

/// The tables that haven't changed since their recorded version, and the version that holds now. Tables that
/// were described together have one stamp, so that a request tells of all of them.
Result<std::map<std::string, std::string>> Connector::unchanged(std::span<const DescribeRequest> requests,
                                                                const Call& call) {
    std::map<std::string, std::vector<std::string>> by_stamp;
    for (const DescribeRequest& request : requests) {
        if (odata::is_identifier(request.object) && !request.known_version.empty())
            by_stamp[request.known_version].push_back(lower(request.object));
    }
    std::map<std::string, std::string> same;
    for (const auto& [stamp, tables] : by_stamp) {
        const auto answer = changes(tables, Extent::names, stamp, call);
        if (!answer) {
            // Stamps are kept for some time only: then everything is asked for.
            const ErrorKind kind = answer.error().kind;
            if (kind == ErrorKind::expired || kind == ErrorKind::invalid) continue;
            return answer.error();
        }
        for (const std::string& table : tables)
            if (!answer->has_changed(table)) same.emplace(table, answer->stamp());
    }
    return same;
}

Result<std::vector<Result<Described>>> Connector::describe(std::span<const DescribeRequest> requests,
                                                           const Call& call) {
    if (requests.size() > static_cast<std::size_t>(tuning::objects_per_describe)) {
        return error(ErrorKind::invalid, fmt::format("at most {} tables can be described at a time, not {}",
                                                     tuning::objects_per_describe, requests.size()));
    }
    const std::map<std::string, std::string> same = TRY(unchanged(requests, call));
    std::vector<std::string> wanted;
    for (const DescribeRequest& request : requests) {
        const std::string table = lower(request.object);
        if (odata::is_identifier(table) && !same.contains(table)) wanted.push_back(table);
    }
    std::optional<MetadataChanges> answer;
    if (!wanted.empty()) answer = TRY(changes(wanted, Extent::everything, {}, call));
    std::vector<Result<Described>> results;
    for (const DescribeRequest& request : requests) {
        const std::string table = lower(request.object);
        if (const auto found = same.find(table); found != same.end()) {
            results.emplace_back(
                Described{.schema = {}, .version = found->second, .source = {}, .is_unchanged = true});
            continue;
        }
        const json::Element* const found = answer ? answer->find(table) : nullptr;
        if (found == nullptr) {
            results.emplace_back(error(
                ErrorKind::not_found,
                fmt::format("there is no table '{}', or this account can't see it", shown(request.object))));
            continue;
        }
        auto schema = object_schema(*found, names_);
        if (!schema) {
            results.emplace_back(schema.error());
            continue;
        }
        schema->version = answer->stamp();
        results.emplace_back(Described{
            .schema = std::move(*schema), .version = answer->stamp(), .source = simdjson::minify(*found)});
    }
    return results;
}

/// Metadata are shown to everybody: what they hold is there, and what they don't is gone. Whether column
/// security keeps values back from this user they don't tell.
Result<std::vector<Sight>> Connector::look_for(std::span<const Member> members, const Call& call) {
    std::vector<Sight> sights(members.size(), Sight::unknown);
    const auto is_asked = [](const Member& member) {
        return odata::is_identifier(member.object) &&
               (member.field.empty() || odata::is_identifier(member.field));
    };
    std::vector<std::string> tables;
    for (const Member& member : members) {
        const std::string table = lower(member.object);
        if (is_asked(member) && std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
    }
    if (tables.empty()) return sights;
    const auto answer = changes(tables, Extent::names, {}, call);
    if (!answer) {
        if (answer.error().kind == ErrorKind::denied) return sights;
        return answer.error();
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!is_asked(members[i])) continue;
        const json::Element* const table = answer->find(lower(members[i].object));
        const bool is_there = table != nullptr && (members[i].field.empty() ||
                                                   column_of(*table, members[i].field) != Column::missing);
        sights[i] = is_there ? Sight::hidden : Sight::gone;
    }
    return sights;
}

constexpr std::array<std::string_view, 2> examples = {
    "--server https://acme.crm.dynamics.com \\\n"
    "      --auth client-secret --client-id ID --client-secret-file secret.txt",
    "--server https://acme.crm.dynamics.com \\\n"
    "      --auth certificate --client-id ID"};

Result<std::unique_ptr<CrmConnector>> connect(ConnectorParts parts) {
    AccountSettings account = TRY(account_settings(parts.settings, parts.secrets));
    account.name = parts.account;
    const auto names = parts.settings.find("lookup-names");
    const bool are_wanted = names != parts.settings.end() && names->second == "on";
    return std::unique_ptr<CrmConnector>{std::make_unique<Connector>(
        std::move(account), are_wanted ? LookupNames::kept : LookupNames::left_out, std::move(parts))};
}

}  // namespace

const AccountType account_type = {.name = "dynamics",
                                  .label = "Microsoft Dynamics 365",
                                  .options = options(),
                                  .examples = examples,
                                  .check_settings = check_settings,
                                  .missing = missing,
                                  .check_secrets = check_secrets,
                                  .notices = notices,
                                  .needs_person = needs_person,
                                  .login_settings = login_settings(),
                                  .signing = signing,
                                  .signing_options = "--auth certificate",
                                  .certificate_steps = certificate_steps(),
                                  .allowed_hosts = allowed_hosts,
                                  .connect = connect,
                                  .log_in_by_person = log_in_by_person};

}  // namespace koppla::dynamics
