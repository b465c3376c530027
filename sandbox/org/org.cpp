#include "sandbox/org/org.h"

#include "db/sqlite/sqlite_database.h"
#include "sandbox/base64.h"
#include "sandbox/org/content/invention.h"
#include "sandbox/org/content/populate.h"
#include "sandbox/org/identifier.h"
#include "sandbox/org/merging.h"
#include "sandbox/org/pending.h"
#include "sandbox/org/state.h"
#include "sandbox/org/visibility.h"
#include "sandbox/org/writer.h"
#include "sandbox/soql/scope.h"
#include "sandbox/soql/select.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view visibility_setting = "visibility";
constexpr std::size_t state_cache_bytes = std::size_t{64} << 20;
/// Pages of rows go out about as fast as the disk cache has them.
constexpr std::size_t state_mapped_bytes = std::size_t{64} << 30U;

std::int64_t milliseconds(const Clock& clock) {
    return clock.now().time_since_epoch().count();
}

Error no_such_row() {
    return error(ErrorKind::not_found, "The requested resource does not exist", "NOT_FOUND");
}

Error no_such_column(const Object& object, std::string_view field) {
    return error(ErrorKind::invalid,
                 fmt::format("No such column '{}' on sobject of type {}", field, object.name()),
                 "INVALID_FIELD");
}

/// A write to a field that is there but can't be seen is refused as if it weren't there.
std::optional<RowError> hidden_field(const Object& whole, const Object& seen, const nlohmann::json* fields) {
    if (fields == nullptr || whole.fields().size() == seen.fields().size()) return std::nullopt;
    for (const auto& member : fields->items()) {
        const Field* field = whole.find(member.key());
        if (field == nullptr) field = whole.find_relationship(member.key());
        if (field == nullptr || seen.has(field->name)) continue;
        return RowError{.status_code = "INVALID_FIELD",
                        .message = no_such_column(seen, member.key()).message,
                        .fields = {}};
    }
    return std::nullopt;
}

/// Sets what a change takes from earlier ones, in `fields`; false: one of those rows isn't there.
bool link(Change& change, nlohmann::json& fields, const std::vector<SaveResult>& results) {
    if (change.fields != nullptr) fields = *change.fields;
    for (const Change::Link& one : change.links) {
        const SaveResult& earlier = results.at(one.earlier);
        if (!earlier.success() || earlier.id.empty()) return false;
        if (one.field.empty())
            change.id = earlier.id;
        else
            fields[one.field] = earlier.id;
    }
    if (change.fields != nullptr) change.fields = &fields;
    return true;
}

}  // namespace

struct Org::Inside {
    Inside(const Clock& org_clock, std::unique_ptr<db::Database> state, Populated populated)
        : clock{org_clock},
          database{std::move(state)},
          catalog{std::move(populated.catalog)},
          identity{std::move(populated.identity)},
          visible{catalog, std::move(populated.global_json)},
          misfits{std::move(populated.misfits)} {}

    [[nodiscard]] Moment moment() {
        return {.stamp = stamp(clock),
                .now_ms = milliseconds(clock),
                .user_id = identity.user_id,
                .delay_ms = [this] { return lateness.draw_ms(); }};
    }

    Result<std::unique_ptr<db::Transaction>> begin(db::Access access) const {
        return database->begin(access, Call{});
    }

    /// Commits, and learns when the next late change is due.
    Result<void> commit(db::Transaction& transaction) {
        const auto due = TRY((Pending{transaction, catalog}.next_due_ms()));
        TRY(transaction.commit());
        next_due_ms.store(due.value_or(never));
        return {};
    }

    /// Late changes whose time has come become visible before anything else is answered.
    Result<void> apply_due(std::int64_t until_ms) {
        if (next_due_ms.load() > until_ms) return {};
        const auto transaction = TRY(begin(db::Access::write));
        TRY((Pending{*transaction, catalog}.apply(until_ms)));
        return commit(*transaction);
    }
    Result<void> apply_due() { return apply_due(milliseconds(clock)); }

    [[nodiscard]] soql::Source source() const {
        return {.database = *database, .catalog = visible.catalog(), .now = clock.now()};
    }

    /// The object as the org knows it, whatever of it can be seen.
    [[nodiscard]] const Object& whole(const Object& object) const { return *catalog.find(object.name()); }

    const Clock& clock;
    std::unique_ptr<db::Database> database;
    Catalog catalog;
    OrgIdentity identity;
    Visibility visible;
    std::vector<std::string> misfits;
    Lateness lateness{};
    Guarded<std::shared_ptr<const Rules>> rules{std::make_shared<const Rules>()};
    std::atomic<std::int64_t> next_due_ms{0};
};

Org::Org(std::unique_ptr<Inside> inside) : inside_{std::move(inside)} {}
Org::~Org() = default;

Result<std::unique_ptr<Org>> Org::open(const OrgOptions& options, const Clock& clock) {
    auto database = TRY(db::open_sqlite({.path = options.state,
                                         .create = db::SqliteOptions::Create::if_missing,
                                         .cache_bytes = state_cache_bytes,
                                         .mapped_bytes = state_mapped_bytes}));
    Populated populated = TRY(populate(*database, options, clock));
    auto inside = std::make_unique<Inside>(clock, std::move(database), std::move(populated));
    const auto transaction = TRY(inside->begin(db::Access::read));
    if (const auto settings = TRY(State{*transaction}.setting(visibility_setting)))
        TRY(inside->visible.restore(*settings));
    return std::unique_ptr<Org>{new Org{std::move(inside)}};
}

const std::vector<std::string>& Org::misfits() const {
    return inside_->misfits;
}
const std::vector<Object>& Org::objects() const {
    return inside_->visible.catalog().objects();
}
const Object* Org::find(std::string_view object) const {
    return inside_->visible.catalog().find(object);
}
const std::string& Org::global_json() const {
    return inside_->visible.global_json();
}

std::int64_t Org::last_modified_ms() const {
    return inside_->visible.last_modified_ms();
}
const std::string& Org::organization_id() const {
    return inside_->identity.organization_id;
}
const std::string& Org::user_id() const {
    return inside_->identity.user_id;
}
const std::string& Org::username() const {
    return inside_->identity.username;
}

Result<std::vector<SaveResult>> Org::save(std::span<const Change> changes, const Saving& how) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    Writer writer{*transaction, inside_->catalog, inside_->moment(), Policy{.rules = rules(), .saving = how}};
    std::vector<SaveResult> results;
    for (const Change& change : changes) {
        Change whole = change;
        whole.object = &inside_->whole(*change.object);
        nlohmann::json linked;
        // A child of a row that failed can't even be tried.
        if (!change.links.empty() && !link(whole, linked, results)) {
            results.push_back({.id = {}, .created = false, .errors = {}});
            continue;
        }
        if (auto refusal = hidden_field(*whole.object, *change.object, whole.fields))
            results.push_back({.id = change.id, .created = false, .errors = {std::move(*refusal)}});
        else
            results.push_back(TRY(writer.save(whole)));
    }
    const bool has_failed =
        std::any_of(results.begin(), results.end(), [](const SaveResult& r) { return !r.success(); });
    if (!has_failed || how.atomicity == Atomicity::each_row) {
        TRY(inside_->commit(*transaction));
        return results;
    }
    for (SaveResult& result : results) {
        if (!result.success()) continue;
        result.errors.push_back(
            {.status_code = "ALL_OR_NONE_OPERATION_ROLLED_BACK",
             .message = "Record rolled back because not all records were valid and the request was "
                        "using AllOrNone header",
             .fields = {}});
    }
    return results;
}

Result<SaveResult> Org::save(const Change& change, const Saving& how) {
    SaveResult result = std::move(TRY(save(std::span{&change, 1}, how)).front());
    for (RowError& problem : result.errors) {
        // A missing target has no culprit among the fields; a missing parent has.
        if (problem.status_code == "INVALID_CROSS_REFERENCE_KEY" && problem.fields.empty()) {
            problem = {.status_code = "NOT_FOUND", .message = no_such_row().message, .fields = {}};
        }
    }
    return result;
}

Result<std::vector<SaveResult>> Org::undelete(const Object& object, std::span<const std::string> ids) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    Writer writer{*transaction, inside_->catalog, inside_->moment()};
    std::vector<SaveResult> results;
    for (const std::string& id : ids) results.push_back(TRY(writer.undelete(inside_->whole(object), id)));
    TRY(inside_->commit(*transaction));
    return results;
}

Result<MergeResult> Org::merge(const Object& object, std::string_view winner,
                               std::span<const std::string> losers) {
    TRY(apply_pending());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    Writer writer{*transaction, inside_->catalog, inside_->moment()};
    State state{*transaction};
    auto result = TRY(merge_rows(writer, state, inside_->catalog, inside_->whole(object), winner, losers));
    if (result.errors.empty()) TRY(inside_->commit(*transaction));
    return result;
}

Result<std::int64_t> Org::purge(const Object& object, Instant until) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    const auto rows = TRY(State{*transaction}.purge(inside_->whole(object), format_instant(until)));
    TRY(inside_->commit(*transaction));
    return rows;
}

Result<void> Org::set_rules(Rules rules) {
    const auto transaction = TRY(inside_->begin(db::Access::write));
    for (const DuplicateRule& rule : rules.duplicates) {
        const Object& object = *inside_->catalog.find(rule.object);
        TRY(State{*transaction}.index(object, *object.find(rule.fields.front())));
    }
    TRY(inside_->commit(*transaction));
    inside_->rules.with([&](auto& current) { current = std::make_shared<const Rules>(std::move(rules)); });
    return {};
}

std::shared_ptr<const Rules> Org::rules() const {
    return inside_->rules.with([](const auto& current) { return current; });
}

Result<std::string> Org::row(const Object& object, std::string_view id, const RowOptions& options) {
    TRY(inside_->apply_due());
    const auto normal = normal_id(id);
    if (!normal || !normal->starts_with(object.key_prefix())) {
        return error(ErrorKind::invalid,
                     fmt::format("{} ID: id value of incorrect type: {}", object.label(), id),
                     "MALFORMED_ID");
    }
    soql::Query query{.object = object.name()};
    const auto add = [&](const std::string& name) {
        query.items.push_back(
            {.kind = soql::SelectItem::Kind::field, .field = {.names = {name}, .at = 0}, .alias = {}});
    };
    for (const std::string& name : options.fields) {
        const Field* field = object.find(name);
        if (field == nullptr) return no_such_column(object, name);
        add(field->name);
    }
    if (options.fields.empty()) {
        for (const Field& field : object.fields()) add(field.name);
    }
    {
        const auto transaction = TRY(inside_->begin(db::Access::read));
        const auto presence = TRY(State{*transaction}.presence(object, *normal));
        if (!presence.exists) return no_such_row();
        if (presence.is_deleted) return error(ErrorKind::not_found, "entity is deleted", "ENTITY_IS_DELETED");
    }
    query.where = soql::Condition{.kind = soql::Condition::Kind::comparison,
                                  .field = {.names = {"Id"}, .at = 0},
                                  .op = soql::Operator::in,
                                  .values = {{.kind = soql::Literal::Kind::string, .text = *normal}}};
    const auto selection =
        TRY(soql::select(inside_->source(), query, SelectOptions{.rows = Rows::live, .base = options.base}));
    if (selection->total() == 0) return no_such_row();
    std::string json;
    TRY(selection->append_json(json, 0, 1));
    return json;
}

Result<std::string> Org::content(const Object& object, std::string_view id, const Field& field) {
    TRY(row(object, id, RowOptions{.fields = {"Id"}, .base = {}}));
    const auto transaction = TRY(inside_->begin(db::Access::read));
    const auto text = TRY((State{*transaction}.text(object, *normal_id(id), field)));
    return text ? base64_decode(*text).value_or(std::string{}) : std::string{};
}

Result<std::vector<std::string>> Org::ids_by_key(const Object& object, std::string_view field,
                                                 std::string_view value) {
    TRY(inside_->apply_due());
    const Field* key = object.find(field);
    if (key == nullptr || !is_key(*key)) {
        return error(ErrorKind::not_found,
                     fmt::format("Provided external ID field does not exist or is not accessible: {}", field),
                     "NOT_FOUND");
    }
    const std::string text = key->is_id() ? normal_id(value).value_or(std::string{}) : std::string{value};
    const auto transaction = TRY(inside_->begin(db::Access::read));
    return State{*transaction}.ids_with(object, *key, text);
}

Result<std::unique_ptr<Selection>> Org::select(std::string_view soql, const SelectOptions& options) {
    TRY(inside_->apply_due());
    return soql::select(inside_->source(), soql, options);
}

Result<std::unique_ptr<Export>> Org::export_csv(std::string_view soql, const ExportOptions& options) {
    TRY(inside_->apply_due());
    return soql::export_csv(inside_->source(), soql, options);
}

void Org::set_late(const LateWrites& late) {
    inside_->lateness.set(late);
}

Result<std::int64_t> Org::pending() {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::read));
    return Pending{*transaction, inside_->catalog}.count();
}

Result<std::optional<Instant>> Org::oldest_pending(const Object& object) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::read));
    const auto stamp = TRY((Pending{*transaction, inside_->catalog}.oldest_stamp(object)));
    if (!stamp) return std::optional<Instant>{};
    return std::optional<Instant>{TRY(parse_instant(*stamp))};
}

Result<void> Org::apply_pending() {
    return inside_->apply_due(never - 1);
}

Result<std::int64_t> Org::row_count(const Object& object) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::read));
    return State{*transaction}.row_count(object);
}

Result<void> Org::hide(const Object& object, std::span<const std::string> fields) {
    const auto keep = [&](std::string_view settings) -> Result<void> {
        const auto transaction = TRY(inside_->begin(db::Access::write));
        TRY((State{*transaction}.set_setting(visibility_setting, settings)));
        return transaction->commit();
    };
    return inside_->visible.hide(inside_->whole(object), fields, milliseconds(inside_->clock), keep);
}

Result<std::int64_t> Org::hide_rows(const Object& object, std::string_view condition) {
    TRY(apply_pending());
    const auto soql = fmt::format("SELECT Id FROM {} WHERE {}", object.name(), condition);
    std::vector<std::string> ids;
    {
        const auto matching = TRY(export_csv(soql, ExportOptions{.rows = Rows::all}));
        std::string line;
        while (TRY(matching->next(line, 1)) > 0) {
            ids.push_back(line.substr(1, line.find('"', 1) - 1));
            line.clear();
        }
    }
    const auto transaction = TRY(inside_->begin(db::Access::write));
    // A write that came in meanwhile was confirmed: it goes with its row.
    TRY((Pending{*transaction, inside_->catalog}.apply(never - 1)));
    TRY(sandbox::hide_rows(*transaction, object, ids));
    TRY(inside_->commit(*transaction));
    return static_cast<std::int64_t>(ids.size());
}

Result<void> Org::reveal() {
    const auto keep = [&](std::string_view settings) -> Result<void> {
        const auto transaction = TRY(inside_->begin(db::Access::write));
        TRY((State{*transaction}.set_setting(visibility_setting, settings)));
        TRY(reveal_rows(*transaction, inside_->catalog));
        return transaction->commit();
    };
    return inside_->visible.reveal(milliseconds(inside_->clock), keep);
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

Result<ChangedIds> Org::change(const Object& object, const ChangeCounts& counts) {
    TRY(inside_->apply_due());
    const auto transaction = TRY(inside_->begin(db::Access::write));
    State state{*transaction};
    std::int64_t round = 0;
    const std::string counted = TRY(state.setting("change_round")).value_or("0");
    std::from_chars(counted.data(), counted.data() + counted.size(), round);
    TRY(state.set_setting("change_round", std::to_string(++round)));
    const std::uint64_t chance = mixed(inside_->identity.seed ^ mixed(static_cast<std::uint64_t>(round)));

    Writer writer{*transaction, inside_->catalog, inside_->moment()};
    const Object& whole = inside_->whole(object);
    const auto invention = TRY(Invention::make(*transaction, inside_->catalog, whole, chance));
    const auto touched = static_cast<std::size_t>(std::max<std::int64_t>(counts.updates + counts.deletes, 0));
    ChangedIds changed;
    for (const std::string& id : TRY(invention->ids(touched))) {
        if (static_cast<std::int64_t>(changed.updated.size()) < counts.updates) {
            Values edited = TRY(invention->edited());
            TRY(writer.update(whole, id, std::move(edited)));
            changed.updated.push_back(id);
        } else {
            TRY(writer.remove(whole, id));
            changed.deleted.push_back(id);
        }
    }
    for (std::int64_t i = 0; i < counts.inserts; ++i) {
        Values fresh = TRY(invention->fresh());
        changed.inserted.push_back(TRY(writer.insert(whole, std::move(fresh))));
    }
    TRY(inside_->commit(*transaction));
    return changed;
}

}  // namespace koppla::sandbox
