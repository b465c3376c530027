#include "app/doctor/checks.h"

#include "app/connection.h"
#include "platform/options.h"
#include "platform/rows.h"
#include "platform/schemas.h"
#include "transfer/window.h"
#include "wizard/discovery.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::chrono::seconds lock_wait_max{2};

Finding failed(std::string subject, const Error& why) {
    return {.level = Level::fail, .subject = std::move(subject), .text = why.message};
}

std::uintmax_t size_of(const std::filesystem::path& path) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    return failed ? 0 : size;
}

Finding check_whole(const Store& store, const Call& call) {
    const auto damages = store.database().damages(call);
    if (!damages) return failed("store", damages.error());
    if (damages->empty())
        return {.subject = "store", .text = fmt::format("{} is whole", store.place().text())};
    return {.level = Level::fail,
            .subject = "store",
            .text = fmt::format("{} is damaged: {}", store.place().text(), damages->front()),
            .remedy = "put it aside and restore it from a backup"};
}

Finding check_lock(const Store& store, const Call& call) {
    const auto transaction = store.database().begin(db::Access::write, call.within(lock_wait_max));
    if (transaction) return {.subject = "lock", .text = "nobody else writes to the store"};
    const auto* file = store.place().file();
    return {.level = transaction.error().kind == ErrorKind::unavailable ? Level::warn : Level::fail,
            .subject = "lock",
            .text = transaction.error().message,
            .remedy = file == nullptr ? ""
                                      : "if no import runs, look for the program that holds it: fuser -v " +
                                            file->string()};
}

/// What a store that is a file needs of its disk.
std::vector<Finding> check_disk(const std::filesystem::path& file) {
    std::error_code unknown;
    const auto room = std::filesystem::space(std::filesystem::absolute(file).parent_path(), unknown);
    std::vector<Finding> findings;
    if (!unknown)
        findings.push_back(judge_disk({.free_bytes = room.available, .store_bytes = size_of(file)}));
    findings.push_back(judge_journal(size_of(file.string() + "-wal")));
    return findings;
}

Finding check_secrets(const Store& store, const Call& call) {
    const auto transaction = store.database().begin(db::Access::read, call);
    if (!transaction) return failed("secrets", transaction.error());
    Accounts accounts{**transaction, store.vault()};
    const auto all = accounts.list();
    if (!all) return failed("secrets", all.error());
    std::size_t count = 0;
    for (const Account& account : *all) {
        const auto secrets = accounts.secrets(account.name);
        if (!secrets) {
            Finding finding = failed("secrets", secrets.error());
            finding.remedy = "enter it again with: koppla account edit " + account.name;
            return finding;
        }
        count += secrets->size();
    }
    return {.subject = "secrets",
            .text = fmt::format("all {} open with the key {} in {}", count, store.vault().key_id(),
                                store.vault().source().path.string())};
}

std::vector<Finding> check_access(CrmConnector& connector, const std::vector<std::string>& notices,
                                  const Call& call) {
    const auto identity = connector.check(call);
    if (!identity) return {failed("login", identity.error())};
    std::vector<Finding> findings = {
        {.subject = "login",
         .text = fmt::format("as {} to {} ({}), API {}, {} ms", identity->user, identity->organization,
                             identity->server, identity->api_version, identity->round_trip.count())},
        judge_clock(identity->clock_difference),
        judge_allowance(connector.usage())};
    for (const std::string& notice : notices) {
        findings.push_back({.level = Level::warn,
                            .subject = "login",
                            .text = notice,
                            .remedy = "docs/guide tells of the other ways of logging in"});
    }
    return findings;
}

Result<std::vector<RecordedSchema>> recorded_schemas(const Store& store, const std::string& account,
                                                     const Call& call) {
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    return Schemas{*transaction}.list(account);
}

/// What the CRM shows of every recorded object; asked anew, because permissions change without a new version.
std::vector<Finding> check_schemas(CrmConnector& connector, const std::vector<RecordedSchema>& schemas,
                                   const std::string& account, const Call& call) {
    std::vector<Finding> findings;
    const auto step = static_cast<std::size_t>(std::max(connector.abilities().objects_per_describe, 1));
    for (std::size_t begin = 0; begin < schemas.size(); begin += step) {
        const std::size_t end = std::min(begin + step, schemas.size());
        std::vector<DescribeRequest> requests;
        for (std::size_t i = begin; i < end; ++i) requests.push_back({.object = schemas[i].schema.name});
        auto answers = connector.describe(requests, call);
        if (!answers) {
            findings.push_back(failed("schema", answers.error()));
            return findings;
        }
        for (std::size_t i = begin; i < end; ++i) {
            const model::ObjectSchema& recorded = schemas[i].schema;
            Result<Described>& now = answers->at(i - begin);
            SchemaView view{.account = account, .recorded = recorded, .now = now};
            Result<void> looked;
            if (now) {
                choose_fields_again(now->schema, recorded);
                looked = look_for_vanished(connector, recorded, now->schema, call);
            } else if (now.error().kind == ErrorKind::not_found) {
                const Member object{.object = recorded.name};
                const auto sights = connector.look_for({&object, 1}, call);
                if (sights)
                    view.sight = sights->at(0);
                else
                    looked = sights.error();
            }
            if (!looked) findings.push_back(failed("schema", looked.error()));
            const auto judged = judge_schema(view);
            findings.insert(findings.end(), judged.begin(), judged.end());
        }
    }
    return findings;
}

Result<std::vector<Finding>> check_tables(const Store& store, const std::vector<RecordedSchema>& schemas,
                                          const Call& call) {
    std::vector<Finding> findings;
    for (const RecordedSchema& each : schemas) {
        // One transaction each: a table that isn't there may be the end of it.
        const auto transaction = TRY(store.database().begin(db::Access::read, call));
        std::vector<std::string> columns;
        const auto cursor = transaction->query(fmt::format(
            "select * from {} limit 0", store.database().dialect().quoted(each.schema.local_table)));
        if (cursor) {
            for (int i = 0; i < (*cursor)->column_count(); ++i)
                columns.emplace_back((*cursor)->column_name(i));
        }
        findings.push_back(judge_table(each.schema, columns));
    }
    return findings;
}

Result<std::vector<Finding>> check_positions(const Store& store, const std::vector<RecordedSchema>& schemas,
                                             const Clock& clock, const Call& call) {
    std::vector<Finding> findings;
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    Options options{*transaction};
    Accounts accounts{*transaction, store.vault()};
    for (const RecordedSchema& each : schemas) {
        const auto option = TRY(options.find(position_option(each.account, each.schema.name)));
        if (!option || option->value.empty()) continue;
        const auto position = position_from(option->value, option->scope);
        if (!position) {
            findings.push_back(failed(option->name, position.error()));
            continue;
        }
        const Account account = TRY(accounts.find(each.account));
        const AccountType& type = *TRY(account_type(account.type));
        findings.push_back(judge_position({.option = option->name,
                                           .object = each.schema.name,
                                           .age = clock.now() - position->at,
                                           .deletions_kept = type.deletions_kept}));
    }
    return findings;
}

}  // namespace

Result<std::vector<Finding>> check_store(const Store& store, const Call& call) {
    std::vector<Finding> findings = {check_whole(store, call)};
    if (call.is_over()) return call.cancelled("looking at the store");
    findings.push_back(check_secrets(store, call));
    if (const auto* file = store.place().file()) {
        for (Finding& finding : check_disk(*file)) findings.push_back(std::move(finding));
    }
    findings.push_back(check_lock(store, call));
    if (call.is_over()) return call.cancelled("looking at the store");
    return findings;
}

Result<std::vector<Finding>> check_account(const Store& store, const Account& account, const Clock& clock,
                                           const Call& call) {
    const auto schemas = TRY(recorded_schemas(store, account.name, call));
    std::vector<Finding> findings;
    const auto take = [&](const std::vector<Finding>& more) {
        findings.insert(findings.end(), more.begin(), more.end());
    };
    const auto connection = Connection::open(store, account.name, clock, call);
    if (connection) {
        take(check_access((*connection)->connector(), (*connection)->notices(), call));
        const bool is_in = findings.front().level != Level::fail;
        if (is_in && !schemas.empty())
            take(check_schemas((*connection)->connector(), schemas, account.name, call));
    } else {
        take({failed("login", connection.error())});
    }
    if (call.is_over()) return call.cancelled("looking at the account");
    take(TRY(check_tables(store, schemas, call)));
    take(TRY(check_positions(store, schemas, clock, call)));
    return findings;
}

}  // namespace koppla
