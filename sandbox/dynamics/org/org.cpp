#include "sandbox/dynamics/org/org.h"

#include "base/guarded.h"
#include "db/sqlite/sqlite_database.h"
#include "sandbox/dynamics/org/content/invention.h"
#include "sandbox/dynamics/org/content/populate.h"
#include "sandbox/dynamics/org/pending.h"
#include "sandbox/dynamics/org/rules.h"
#include "sandbox/dynamics/org/state.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t state_cache_bytes = std::size_t{64} << 20U;
/// Pages of rows go out about as fast as the disk cache has them.
constexpr std::size_t state_mapped_bytes = std::size_t{64} << 30U;
constexpr std::string_view hidden_setting = "hidden";
constexpr std::string_view indexes_setting = "key_indexes";
constexpr std::string_view floor_setting = "token_floor";
constexpr std::chrono::hours usual_retention{7 * 24};

std::int64_t milliseconds(const Clock& clock) {
    return clock.now().time_since_epoch().count();
}

std::int64_t number_of(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

/// What of the tables is hidden: attributes by table; without any, the table itself.
using Hidden = std::map<std::string, std::set<std::string>>;

std::string text_of(const Hidden& hidden) {
    return nlohmann::json(hidden).dump();
}

Hidden hidden_of(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    return json.is_object() ? json.get<Hidden>() : Hidden{};
}

/// States of indexes that were set, by "table.key".
using Indexes = std::map<std::string, IndexState>;

Indexes indexes_of(std::string_view text) {
    Indexes indexes;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return indexes;
    for (const auto& [key, state] : json.items())
        if (state.is_number_integer()) indexes[key] = static_cast<IndexState>(state.get<int>());
    return indexes;
}

std::string text_of(const Indexes& indexes) {
    auto json = nlohmann::json::object();
    for (const auto& [key, state] : indexes) json[key] = static_cast<int>(state);
    return json.dump();
}

Table with_indexes(Table table, const Indexes& indexes) {
    auto keys = table.keys();
    bool is_other = false;
    for (AlternateKey& key : keys) {
        const auto found = indexes.find(fmt::format("{}.{}", table.name(), key.name));
        if (found == indexes.end()) continue;
        key.index = found->second;
        is_other = true;
    }
    return is_other ? Table{table.facts(), table.attributes(), std::move(keys)} : std::move(table);
}

/// The catalog without what is hidden.
Catalog seen_of(const Catalog& whole, const Hidden& hidden, const Indexes& indexes, std::int64_t version) {
    std::vector<Table> tables;
    for (const Table& table : whole.tables()) {
        const auto found = hidden.find(table.name());
        if (found == hidden.end()) {
            tables.push_back(with_indexes(table, indexes));
            continue;
        }
        const auto& names = found->second;
        if (names.empty()) continue;
        std::vector<Attribute> attributes;
        for (const Attribute& attribute : table.attributes()) {
            const bool is_gone = names.contains(attribute.name) || names.contains(attribute.of) ||
                                 names.contains(attribute.type_of) || names.contains(attribute.base_of);
            if (!is_gone) attributes.push_back(attribute);
        }
        tables.push_back(with_indexes(Table{table.facts(), std::move(attributes), table.keys()}, indexes));
    }
    return Catalog{std::move(tables), whole.relationships(), std::to_string(version)};
}

}  // namespace

struct Org::Inside {
    Inside(const Clock& org_clock, std::unique_ptr<db::Database> state, Populated populated)
        : clock{org_clock},
          database{std::move(state)},
          whole{std::move(populated.catalog)},
          identity{std::move(populated.identity)},
          misfits{std::move(populated.misfits)} {
        seen.with([&](auto& catalog) { catalog = whole; });
    }

    [[nodiscard]] Moment moment() {
        return {.stamp = format_instant(clock.now()).substr(0, 19) + "Z",
                .now_ms = milliseconds(clock),
                .user_id = identity.user_id,
                .business_unit_id = identity.business_unit_id,
                .currency_id = identity.base_currency_id,
                .delay_ms = [this] { return lateness.draw_ms(); }};
    }

    Result<std::unique_ptr<db::Transaction>> begin(db::Access access) const {
        return database->begin(access, Call{});
    }

    /// Commits, and learns when the next late change is due.
    Result<void> commit(db::Transaction& transaction) {
        const auto due = TRY((Pending{transaction, *whole}.next_due_ms()));
        TRY(transaction.commit());
        next_due_ms.store(due.value_or(never));
        return {};
    }

    /// Late changes whose time has come become visible before anything else is answered.
    Result<void> apply_due(std::int64_t until_ms) {
        if (next_due_ms.load() > until_ms) return {};
        const auto transaction = TRY(begin(db::Access::write));
        for (const auto& change : TRY((Pending{*transaction, *whole}.take(until_ms))))
            TRY(apply(*transaction, *whole, change));
        return commit(*transaction);
    }
    Result<void> apply_due() { return apply_due(milliseconds(clock)); }

    [[nodiscard]] const Table& whole_table(const Table& table) const { return *whole->find(table.name()); }

    /// Keeps what of the metadata is otherwise than it was made, under a new version of it.
    Result<void> keep_setting(std::string_view name, std::string_view text) {
        {
            const auto transaction = TRY(begin(db::Access::write));
            State state{*transaction};
            const auto version = number_of(TRY(state.setting("metadata_version"))) + 1;
            TRY(state.set_setting("metadata_version", std::to_string(version)));
            TRY(state.set_setting(name, text));
            TRY(transaction->commit());
        }
        const auto transaction = TRY(begin(db::Access::read));
        State state{*transaction};
        return set_seen(state);
    }
    Result<void> show(const Hidden& hidden) { return keep_setting(hidden_setting, text_of(hidden)); }

    /// Makes the catalog that the settings ask for.
    Result<void> set_seen(State& state) {
        const auto hidden = hidden_of(TRY(state.setting(hidden_setting)).value_or(""));
        const auto indexes = indexes_of(TRY(state.setting(indexes_setting)).value_or(""));
        const auto version = number_of(TRY(state.setting("metadata_version")));
        auto catalog = std::make_shared<const Catalog>(seen_of(*whole, hidden, indexes, 1'000'000 + version));
        seen.with([&](auto& now) { now = std::move(catalog); });
        return {};
    }

    const Clock& clock;
    std::unique_ptr<db::Database> database;
    std::shared_ptr<const Catalog> whole;
    Identity identity;
    std::vector<std::string> misfits;
    Guarded<std::shared_ptr<const Catalog>> seen{};
    Lateness lateness{};
    std::atomic<std::int64_t> next_due_ms{0};
    std::atomic<std::int64_t> retention_hours{usual_retention.count()};
    std::atomic<std::int64_t> token_floor{0};
};

Org::Org(std::unique_ptr<Inside> inside) : inside_{std::move(inside)} {}
Org::~Org() = default;

Result<std::unique_ptr<Org>> Org::open(const OrgOptions& options, const Clock& clock) {
    auto database = TRY(db::open_sqlite({.path = options.state,
                                         .create = db::SqliteOptions::Create::if_missing,
                                         .cache_bytes = state_cache_bytes,
                                         .mapped_bytes = state_mapped_bytes}));
    Populated populated = TRY(populate(*database, options));
    auto inside = std::make_unique<Inside>(clock, std::move(database), std::move(populated));
    const auto transaction = TRY(inside->begin(db::Access::read));
    State state{*transaction};
    inside->token_floor = number_of(TRY(state.setting(floor_setting)));
    TRY(inside->set_seen(state));
    return std::unique_ptr<Org>{new Org{std::move(inside)}};
}

std::shared_ptr<const Catalog> Org::catalog() const {
    return inside_->seen.with([](const auto& catalog) { return catalog; });
}
std::vector<std::string> Org::hidden_attributes() const {
    std::vector<std::string> ids;
    const auto seen = catalog();
    for (const Table& table : inside_->whole->tables()) {
        const auto* visible = seen->find(table.name());
        for (const Attribute& attribute : table.attributes())
            if (visible == nullptr || !visible->has(attribute.name)) ids.push_back(attribute.metadata_id);
    }
    return ids;
}

const std::vector<std::string>& Org::misfits() const {
    return inside_->misfits;
}
const Identity& Org::identity() const {
    return inside_->identity;
}

Result<std::unique_ptr<db::Transaction>> Org::read() {
    TRY(inside_->apply_due());
    return inside_->begin(db::Access::read);
}

Result<std::unique_ptr<Writing>> Org::write() {
    TRY(inside_->apply_due());
    auto transaction = TRY(inside_->begin(db::Access::write));
    return std::make_unique<Writing>(std::move(transaction), inside_->whole, catalog(), inside_->moment(),
                                     [this](db::Transaction& done) { return inside_->commit(done); });
}

Result<Saved> Org::save(const Change& change) {
    const auto writing = TRY(write());
    auto saved = TRY(writing->save(change));
    TRY(writing->commit());
    return saved;
}

Result<std::int64_t> Org::current_version(db::Transaction& transaction) {
    return State{transaction}.version();
}

Result<std::int64_t> Org::safe_version(db::Transaction& transaction) {
    const auto current = TRY(current_version(transaction));
    const auto oldest = TRY((Pending{transaction, *inside_->whole}.oldest_version()));
    return oldest ? std::min(current, *oldest - 1) : current;
}

Result<DeltaToken> Org::issue_token(db::Transaction& transaction) {
    return DeltaToken{.version = TRY(safe_version(transaction)), .issued = inside_->clock.now()};
}

Result<void> Org::check_token(const DeltaToken& token) {
    const bool is_old =
        token.issued + std::chrono::hours{inside_->retention_hours.load()} < inside_->clock.now();
    if (!is_old && token.version >= inside_->token_floor.load()) return {};
    return error(ErrorKind::expired,
                 "Version stamp associated with the client has expired. Please perform a full sync.",
                 "0x80044352");
}

void Org::set_retention(std::chrono::hours retention) {
    inside_->retention_hours = retention.count();
}
std::chrono::hours Org::retention() const {
    return std::chrono::hours{inside_->retention_hours.load()};
}

Result<void> Org::expire_tokens() {
    const auto transaction = TRY(inside_->begin(db::Access::write));
    State state{*transaction};
    // A version of its own, so that tokens from now on are told from those before.
    const auto floor = TRY(state.take_versions());
    TRY(state.set_setting(floor_setting, std::to_string(floor)));
    TRY(inside_->commit(*transaction));
    inside_->token_floor = floor;
    return {};
}

Result<void> Org::purge_tombstones() {
    {
        const auto transaction = TRY(inside_->begin(db::Access::write));
        TRY(transaction->execute(fmt::format("DELETE FROM {}", deleted_sql)));
        TRY(inside_->commit(*transaction));
    }
    return expire_tokens();
}

void Org::set_late(const LateWrites& late) {
    inside_->lateness.set(late);
}

Result<std::int64_t> Org::pending() {
    const auto transaction = TRY(read());
    return Pending{*transaction, *inside_->whole}.count();
}

Result<void> Org::apply_pending() {
    return inside_->apply_due(never - 1);
}

Result<std::int64_t> Org::row_count(const Table& table) {
    const auto transaction = TRY(read());
    return State{*transaction}.row_count(table);
}

Result<ChangedIds> Org::change(const Table& table, const ChangeCounts& counts) {
    const auto writing = TRY(write());
    State state{writing->transaction()};
    const auto round = number_of(TRY(state.setting("change_round"))) + 1;
    TRY(state.set_setting("change_round", std::to_string(round)));
    const auto chance = mixed(inside_->identity.seed ^ mixed(static_cast<std::uint64_t>(round)));
    const Table& whole = inside_->whole_table(table);
    const auto invention =
        TRY(Invention::make(writing->transaction(), *inside_->whole, whole, inside_->identity, chance));
    const auto touched = static_cast<std::size_t>(std::max<std::int64_t>(counts.updates + counts.deletes, 0));
    ChangedIds changed;
    const auto ids = TRY(invention->ids(touched));
    const auto updated =
        std::min(ids.size(), static_cast<std::size_t>(std::max<std::int64_t>(counts.updates, 0)));
    for (const std::string& id : std::span{ids}.first(updated)) {
        auto edited = TRY(invention->edited());
        TRY(writing->save({.kind = Change::Kind::update,
                           .table = &whole,
                           .key = {.id = id},
                           .values = std::move(edited),
                           .condition = {.existence = Condition::Existence::must}}));
        changed.updated.push_back(id);
    }
    for (std::int64_t i = 0; i < counts.inserts; ++i) {
        auto values = TRY(invention->fresh());
        const auto id = std::get<std::string>(values.at(whole.primary_id()));
        TRY(writing->save(
            {.kind = Change::Kind::create, .table = &whole, .key = {.id = id}, .values = std::move(values)}));
        changed.inserted.push_back(id);
    }
    // Last, since what is invented may point to any of them.
    for (const std::string& id : std::span{ids}.subspan(updated)) {
        TRY(writing->save({.kind = Change::Kind::remove, .table = &whole, .key = {.id = id}}));
        changed.deleted.push_back(id);
    }
    TRY(writing->commit());
    return changed;
}

Result<void> Org::hide(const Table& table, std::span<const std::string> attributes) {
    auto hidden = Hidden{};
    {
        const auto transaction = TRY(inside_->begin(db::Access::read));
        hidden = hidden_of(TRY(State{*transaction}.setting(hidden_setting)).value_or(""));
    }
    auto& names = hidden[table.name()];
    if (attributes.empty()) names.clear();
    for (const auto& name : attributes) {
        if (!table.has(name) || name == table.primary_id())
            return error(
                ErrorKind::invalid,
                fmt::format("'{}' entity doesn't contain attribute with Name = '{}' that can be hidden.",
                            table.name(), name),
                "0x80041103");
        names.insert(name);
    }
    return inside_->show(hidden);
}

Result<void> Org::hide_rows(const Table& table, std::span<const std::string> ids) {
    TRY(apply_pending());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    TRY((State{*transaction}.hide(inside_->whole_table(table), ids)));
    return inside_->commit(*transaction);
}

Result<void> Org::set_index(const Table& table, std::string_view key, IndexState index) {
    for (const AlternateKey& each : table.keys()) {
        const bool is_named =
            each.name == key || (each.attributes.size() == 1 && each.attributes.front() == key);
        if (!is_named) continue;
        auto indexes = Indexes{};
        {
            const auto transaction = TRY(inside_->begin(db::Access::read));
            indexes = indexes_of(TRY(State{*transaction}.setting(indexes_setting)).value_or(""));
        }
        indexes[fmt::format("{}.{}", table.name(), each.name)] = index;
        return inside_->keep_setting(indexes_setting, text_of(indexes));
    }
    return error(ErrorKind::invalid, fmt::format("'{}' has no alternate key '{}'", table.name(), key),
                 "0x80060890");
}

Result<void> Org::index(const Table& table, const std::vector<std::string>& columns) {
    const auto transaction = TRY(inside_->begin(db::Access::write));
    TRY((State{*transaction}.index(inside_->whole_table(table), columns)));
    return inside_->commit(*transaction);
}

Result<void> Org::reveal() {
    {
        const auto transaction = TRY(inside_->begin(db::Access::write));
        State state{*transaction};
        for (const Table& table : inside_->whole->tables()) TRY(state.reveal(table));
        TRY(inside_->commit(*transaction));
    }
    return inside_->show({});
}

Result<void> Org::set_people(const People& people) {
    const auto* users = inside_->whole->find("systemuser");
    if (users == nullptr) return {};
    const auto transaction = TRY(inside_->begin(db::Access::write));
    State state{*transaction};
    const auto give = [&](const std::string& id, Values values) -> Result<void> {
        std::erase_if(values, [&](const auto& one) { return !users->has(one.first); });
        return values.empty() ? Result<void>{} : state.update(*users, id, values);
    };
    TRY(give(inside_->identity.user_id, {{"domainname", people.username},
                                         {"internalemailaddress", people.username},
                                         {"azureactivedirectoryobjectid", people.user_object_id}}));
    TRY(give(inside_->identity.application_user_id,
             {{"applicationid", people.client_id}, {"azureactivedirectoryobjectid", people.app_object_id}}));
    return inside_->commit(*transaction);
}

Result<std::optional<std::string>> Org::setting(std::string_view name) {
    const auto transaction = TRY(inside_->begin(db::Access::read));
    return State{*transaction}.setting("surface:" + std::string{name});
}

Result<void> Org::set_setting(std::string_view name, std::string_view value) {
    const auto transaction = TRY(inside_->begin(db::Access::write));
    TRY(State{*transaction}.set_setting("surface:" + std::string{name}, value));
    return transaction->commit();
}

}  // namespace koppla::sandbox::dynamics
