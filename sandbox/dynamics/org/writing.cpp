#include "sandbox/dynamics/org/writing.h"

#include "sandbox/dynamics/org/pending.h"
#include "sandbox/dynamics/org/rules.h"
#include "sandbox/dynamics/org/state.h"
#include "sandbox/entra/registration.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

Error refusal(ErrorKind kind, std::string_view code, std::string message) {
    return error(kind, std::move(message), std::string{code});
}

Error no_such_row(const Table& table, std::string_view id) {
    return refusal(ErrorKind::not_found, "0x80040217",
                   fmt::format("{} With Id = {} Does Not Exist", table.name(), id));
}

}  // namespace

Writing::Writing(std::unique_ptr<db::Transaction> transaction, std::shared_ptr<const Catalog> whole,
                 std::shared_ptr<const Catalog> seen, Moment moment,
                 std::function<Result<void>(db::Transaction&)> commit)
    : transaction_{std::move(transaction)},
      whole_{std::move(whole)},
      seen_{std::move(seen)},
      moment_{std::move(moment)},
      commit_{std::move(commit)} {}

Result<void> Writing::commit() {
    return commit_(*transaction_);
}

Result<std::optional<std::string>> Writing::find(const Table& table, const RowKey& key) {
    if (key.id.empty()) {
        auto ids = TRY(State{*transaction_}.ids_with(table, key.values, 2));
        if (ids.size() > 1)
            return refusal(
                ErrorKind::conflict, "0x8006089d",
                fmt::format("More than one record with the specified key values exists in {} entity",
                            table.name()));
        if (!ids.empty()) return std::optional{std::move(ids.front())};
        return Pending{*transaction_, *whole_}.holder(table, key.values);
    }
    const auto waiting = TRY((Pending{*transaction_, *whole_}.waiting(key.id)));
    if (waiting && waiting->is_erased) return std::optional<std::string>{};
    const bool exists = (waiting && waiting->is_inserted) || TRY(State{*transaction_}.exists(table, key.id));
    return exists ? std::optional{key.id} : std::nullopt;
}

/// The row as it will be once everything that waits for it is applied.
Result<Values> Writing::row(const Table& table, const std::string& id) {
    Values values = TRY(State{*transaction_}.row(table, id)).value_or(Values{});
    if (const auto waiting = TRY((Pending{*transaction_, *whole_}.waiting(id)))) {
        for (const auto& [name, value] : waiting->values) values[name] = value;
    }
    return values;
}

Result<Saved> Writing::save(const Change& change) {
    const Table& table = *whole_->find(change.table->name());
    auto found = change.kind == Change::Kind::create && change.key.id.empty() && change.key.values.empty()
                     ? std::optional<std::string>{}
                     : TRY(find(table, change.key));
    const auto& condition = change.condition;
    if (change.kind == Change::Kind::create) {
        if (found) return refusal(ErrorKind::conflict, "0x80040237", "Cannot insert duplicate key.");
        return create(table, change.key.id, change.values);
    }
    if (!found) {
        const bool must_exist = change.kind == Change::Kind::remove || condition.version ||
                                condition.existence == Condition::Existence::must;
        if (must_exist && change.key.id.empty())
            return refusal(ErrorKind::not_found, "0x80060891",
                           fmt::format("A record with the specified key values does not exist in {} entity",
                                       table.name()));
        if (must_exist) return no_such_row(table, change.key.id);
        Values values = change.key.values;
        for (const auto& [name, value] : change.values) values[name] = value;
        return create(table, change.key.id, values);
    }
    if (condition.existence == Condition::Existence::must_not)
        return refusal(ErrorKind::conflict, "0x80040237",
                       "A record with matching key values already exists.");
    if (condition.version) {
        if (!table.facts().has_optimistic_concurrency)
            return refusal(
                ErrorKind::conflict, "0x8006088d",
                fmt::format("Optimistic concurrency isn't enabled for entity type {}.", table.name()));
        const auto now = TRY(row(table, *found));
        if (now.at(std::string{version_column}) != Value{*condition.version})
            return refusal(
                ErrorKind::conflict, "0x80060882",
                "The version of the existing record doesn't match the RowVersion property provided.");
    }
    return change.kind == Change::Kind::remove ? remove(table, *found) : update(table, *found, change.values);
}

Result<Saved> Writing::create(const Table& table, const std::string& id, Values values) {
    if (!table.facts().can_create)
        return refusal(
            ErrorKind::invalid, "0x80040203",
            fmt::format("The 'Create' method does not support entities of type '{}'.", table.name()));
    const auto version = TRY(State{*transaction_}.take_versions());
    const auto given = values.find(table.primary_id());
    const auto* own = given == values.end() ? nullptr : std::get_if<std::string>(&given->second);
    const std::string key = !id.empty() ? id : own != nullptr ? *own : entra::new_guid();
    for (auto at = values.begin(); at != values.end();) {
        const auto* attribute = table.find(at->first);
        at = attribute != nullptr && attribute->can_create ? std::next(at) : values.erase(at);
    }
    values[table.primary_id()] = key;
    values[std::string{version_column}] = version;
    const Rules rules{*transaction_, *whole_, table, moment_};
    TRY(rules.check_links(values));
    TRY(rules.complete_new(values));
    TRY(rules.check_required(values));
    TRY(check_keys(table, key, values, values));
    Saved saved{.id = key, .version = version, .outcome = Saved::Outcome::created};
    saved.is_visible = TRY(keep(Pending::Kind::insert, table, key, values, version));
    return saved;
}

Result<Saved> Writing::update(const Table& table, const std::string& id, Values values) {
    for (auto at = values.begin(); at != values.end();) {
        const auto* attribute = table.find(at->first);
        at = attribute != nullptr && attribute->can_update ? std::next(at) : values.erase(at);
    }
    return change(table, id, std::move(values));
}

Result<Saved> Writing::change(const Table& table, const std::string& id, Values values) {
    const auto version = TRY(State{*transaction_}.take_versions());
    values[std::string{version_column}] = version;
    const auto before = TRY(row(table, id));
    const Rules rules{*transaction_, *whole_, table, moment_};
    TRY(rules.check_links(values));
    TRY(rules.complete_changed(before, values));
    auto after = before;
    for (const auto& [name, value] : values) after[name] = value;
    TRY(rules.check_required(after));
    TRY(check_keys(table, id, values, after));
    Saved saved{.id = id, .version = version, .outcome = Saved::Outcome::updated};
    saved.is_visible = TRY(keep(Pending::Kind::update, table, id, values, version));
    return saved;
}

Result<void> Writing::merge(const Table& seen, const std::string& target, const std::string& subordinate,
                            Values content) {
    const Table& table = *whole_->find(seen.name());
    if (!table.has("masterid") || !table.has("merged"))
        return refusal(
            ErrorKind::invalid, "0x80040203",
            fmt::format("The 'Merge' method does not support entities of type '{}'.", table.name()));
    for (const auto& id : {target, subordinate})
        if (!TRY(find(table, {.id = id}))) return no_such_row(table, id);
    if (target == subordinate)
        return refusal(ErrorKind::invalid, "0x80040203", "A row can't be merged with itself.");
    if (!content.empty()) TRY(update(table, target, std::move(content)));
    State state{*transaction_};
    constexpr std::int64_t children_max = 100'000;
    for (const Relationship* way : whole_->to(table)) {
        const auto* child = whole_->find(way->referencing);
        if (child == nullptr || way->referencing_attribute == "masterid") continue;
        const auto ids = TRY(state.ids_with(*child, link_values(*child, *way, subordinate), children_max));
        for (const auto& id : ids) TRY(change(*child, id, link_values(*child, *way, target)));
    }
    constexpr std::int64_t inactive = 1;
    TRY(change(table, subordinate,
               {{"statecode", inactive}, {"merged", std::int64_t{1}}, {"masterid", target}}));
    return {};
}

Result<Saved> Writing::remove(const Table& table, const std::string& id) {
    if (!table.facts().can_delete)
        return refusal(
            ErrorKind::invalid, "0x8004023b",
            fmt::format("The 'Delete' method does not support entities of type '{}'.", table.name()));
    TRY(check_restrictions(table, id));
    const auto version = TRY(State{*transaction_}.take_versions());
    Saved saved{.id = id, .version = version, .outcome = Saved::Outcome::removed};
    saved.is_visible = TRY(keep(Pending::Kind::erase, table, id, {}, version));
    return saved;
}

/// Refuses what would leave a row without a link that it can't do without.
Result<void> Writing::check_restrictions(const Table& table, const std::string& id) {
    State state{*transaction_};
    for (const Relationship* way : whole_->to(table)) {
        if (way->on_delete != OnDelete::restrict) continue;
        const auto* child = whole_->find(way->referencing);
        if (child == nullptr || TRY(state.ids_with(*child, link_values(*child, *way, id), 1)).empty())
            continue;
        return refusal(
            ErrorKind::conflict, "0x80040227",
            fmt::format("The object you tried to delete is associated with another object and cannot "
                        "be deleted: {}",
                        way->schema_name));
    }
    return {};
}

/// No other row may have the same values in an alternate key whose index is active.
Result<void> Writing::check_keys(const Table& table, const std::string& id, const Values& changed,
                                 const Values& after) {
    const Table* seen = seen_->find(table.name());
    for (const AlternateKey& key : (seen != nullptr ? *seen : table).keys()) {
        if (key.index != IndexState::active) continue;
        Values parts;
        bool is_touched = false;
        for (const auto& name : key.attributes) {
            is_touched = is_touched || changed.contains(name);
            const auto found = after.find(name);
            if (found != after.end() && found->second != Value{}) parts.insert(*found);
        }
        // Keys with a null in them are no keys.
        if (!is_touched || parts.size() != key.attributes.size()) continue;
        auto holders = TRY(State{*transaction_}.ids_with(table, parts, 2));
        if (auto waiting = TRY((Pending{*transaction_, *whole_}.holder(table, parts))))
            holders.push_back(std::move(*waiting));
        if (std::ranges::all_of(holders, [&](const auto& holder) { return holder == id; })) continue;
        return refusal(
            ErrorKind::conflict, "0x80060892",
            fmt::format("Entity Key {0} violated. A record with the same value for {1} already exists. "
                        "A duplicate record cannot be created. Select one or more unique values and "
                        "try again.",
                        key.label, fmt::join(key.attributes, ", ")));
    }
    return {};
}

/// Applies a change at once, or lets it wait; true: it can be seen.
Result<bool> Writing::keep(Pending::Kind kind, const Table& table, const std::string& id,
                           const Values& values, std::int64_t version) {
    Pending pending{*transaction_, *whole_};
    const auto waiting = TRY(pending.waiting(id));
    const auto delay = moment_.delay_ms();
    if (delay > 0 || waiting) {
        // Not before what waits for the same row already.
        const auto due = std::max(moment_.now_ms + delay, waiting ? waiting->due_ms : 0);
        TRY(pending.add(kind, table, id, values, version, moment_.now_ms, due));
        return false;
    }
    TRY(apply(*transaction_, *whole_,
              {.table = &table,
               .id = id,
               .kind = kind,
               .version = version,
               .time_ms = moment_.now_ms,
               .values = values}));
    return true;
}

}  // namespace koppla::sandbox::dynamics
