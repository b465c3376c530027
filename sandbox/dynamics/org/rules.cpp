#include "sandbox/dynamics/org/rules.h"

#include "base/clock.h"
#include "sandbox/dynamics/org/derive.h"
#include "sandbox/dynamics/org/state.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

constexpr std::int64_t rate_one = 10'000'000'000;

Error refusal(ErrorKind kind, std::string_view code, std::string message) {
    return error(kind, std::move(message), std::string{code});
}

bool is_null(const Values& values, std::string_view name) {
    const auto found = values.find(std::string{name});
    return found == values.end() || found->second == Value{};
}

std::string text_in(const Values& values, std::string_view name) {
    const auto found = values.find(std::string{name});
    const auto* text = found == values.end() ? nullptr : std::get_if<std::string>(&found->second);
    return text == nullptr ? std::string{} : *text;
}

std::optional<std::int64_t> number_in(const Values& values, std::string_view name) {
    const auto found = values.find(std::string{name});
    const auto* number = found == values.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
    return number == nullptr ? std::nullopt : std::optional{*number};
}

/// The row with a change's values in place of its own.
Values changed_row(const Values& before, const Values& values) {
    Values row = before;
    for (const auto& [name, value] : values) row[name] = value;
    return row;
}

/// The target of a lookup in these values: its table's logical name.
std::string target_of(const Attribute& lookup, const Values& values) {
    if (!lookup.type_column.empty()) return text_in(values, lookup.type_column);
    return lookup.targets.empty() ? std::string{} : lookup.targets.front();
}

}  // namespace

Values link_values(const Table& referencing, const Relationship& way, const std::string& id) {
    Values link{{way.referencing_attribute, id}};
    const auto* lookup = referencing.find(way.referencing_attribute);
    if (lookup != nullptr && !lookup->type_column.empty()) link[lookup->type_column] = way.referenced;
    return link;
}

Result<void> Rules::check_links(const Values& values) const {
    for (const auto& [name, value] : values) {
        const auto* lookup = table_.find(name);
        const auto* id = std::get_if<std::string>(&value);
        if (lookup == nullptr || id == nullptr || !lookup->is_lookup()) continue;
        const auto* target = catalog_.find(target_of(*lookup, values));
        if (target == nullptr) continue;
        const auto waiting = TRY((Pending{transaction_, catalog_}.waiting(*id)));
        const bool is_there = waiting ? !waiting->is_erased : TRY(State{transaction_}.exists(*target, *id));
        if (!is_there)
            return refusal(ErrorKind::not_found, "0x80040217",
                           fmt::format("{} With Id = {} Does Not Exist", target->name(), *id));
    }
    return {};
}

Result<void> Rules::check_required(const Values& row) const {
    for (const Attribute& attribute : table_.attributes()) {
        if (attribute.required != Requirement::system || !attribute.is_stored()) continue;
        if (!is_null(row, attribute.name)) continue;
        return refusal(ErrorKind::invalid, "0x80040200",
                       fmt::format("Attribute '{}' cannot be NULL", attribute.name));
    }
    return {};
}

Result<void> Rules::complete_new(Values& values) const {
    const auto set = [&](std::string_view name, Value value) {
        if (table_.has(name)) values[std::string{name}] = std::move(value);
    };
    set("createdon", moment_.stamp);
    set("modifiedon", moment_.stamp);
    set("createdby", moment_.user_id);
    set("modifiedby", moment_.user_id);
    if (!is_null(values, "overriddencreatedon") && table_.has("createdon"))
        std::swap(values["overriddencreatedon"], values["createdon"]);
    set("activitytypecode", table_.name());
    if (table_.has("ownerid") && is_null(values, "ownerid")) {
        set("ownerid", moment_.user_id);
        set("owneridtype", std::string{"systemuser"});
    }
    for (const Attribute& attribute : table_.attributes()) {
        const bool is_state =
            attribute.type == AttributeType::state || attribute.type == AttributeType::status;
        if (attribute.default_value && !is_state && !values.contains(attribute.name))
            values[attribute.name] = *attribute.default_value;
    }
    TRY(complete_state({}, values));
    complete_owner(values);
    TRY(complete_currency({}, values));
    complete_names({}, values);
    complete_customer(values);
    return {};
}

Result<void> Rules::complete_changed(const Values& before, Values& values) const {
    if (table_.has("modifiedon")) values["modifiedon"] = moment_.stamp;
    if (table_.has("modifiedby")) values["modifiedby"] = moment_.user_id;
    TRY(complete_state(before, values));
    complete_owner(values);
    TRY(complete_currency(before, values));
    complete_names(before, values);
    complete_customer(values);
    return {};
}

/// A status belongs to a state: either tells the other. [Dataverse: state and status]
Result<void> Rules::complete_state(const Values& before, Values& values) const {
    const Attribute* states = table_.find("statecode");
    const Attribute* statuses = table_.find("statuscode");
    if (states == nullptr || statuses == nullptr || states->options.options.empty()) return {};
    const bool is_new = before.empty();
    auto state = number_in(values, "statecode");
    auto status = number_in(values, "statuscode");
    if (!state && !status) {
        if (!is_new) {
            values.erase("statecode");
            values.erase("statuscode");
            return {};
        }
        state = states->options.options.front().value;
    }
    if (status && !state) {
        const auto* option = statuses->options.find(*status);
        if (option != nullptr) state = option->state;
    }
    if (state && !status) {
        const auto* option = states->options.find(*state);
        if (option != nullptr) status = option->default_status;
    }
    if (!state || !status) return {};
    const auto* option = statuses->options.find(*status);
    if (option == nullptr || option->state != *state)
        return refusal(
            ErrorKind::invalid, "0x80048408",
            fmt::format("{} is not a valid status code for state code {} on {} with Id {}.", *status, *state,
                        table_.name(), text_in(changed_row(before, values), table_.primary_id())));
    values["statecode"] = *state;
    values["statuscode"] = *status;
    return {};
}

void Rules::complete_owner(Values& values) const {
    if (is_null(values, "ownerid")) return;
    const bool is_team = text_in(values, "owneridtype") == "team";
    const auto set = [&](const char* name, Value value) {
        if (table_.has(name)) values[name] = std::move(value);
    };
    set("owninguser", is_team ? Value{} : values["ownerid"]);
    set("owningteam", is_team ? values["ownerid"] : Value{});
    set("owningbusinessunit", moment_.business_unit_id);
}

/// Amounts in the base currency follow the amounts, at the rate of the row's currency.
Result<void> Rules::complete_currency(const Values& before, Values& values) const {
    if (!table_.has("transactioncurrencyid") || !table_.has("exchangerate")) return {};
    auto row = changed_row(before, values);
    const auto* currencies = catalog_.find("transactioncurrency");
    bool has_amount = false;
    for (const Attribute& attribute : table_.attributes())
        has_amount = has_amount || (attribute.type == AttributeType::money && attribute.base_of.empty() &&
                                    !is_null(values, attribute.name));
    if (has_amount && is_null(row, "transactioncurrencyid") && currencies != nullptr)
        row["transactioncurrencyid"] = values["transactioncurrencyid"] = moment_.currency_id;
    const bool changes_currency = values.contains("transactioncurrencyid");
    if (!has_amount && !changes_currency) {
        for (const Attribute& attribute : table_.attributes())
            if (!attribute.base_of.empty() && values.contains(attribute.base_of))
                values[attribute.name] = Value{};
        return {};
    }
    std::int64_t rate = number_in(row, "exchangerate").value_or(rate_one);
    if (const auto id = text_in(row, "transactioncurrencyid"); !id.empty() && currencies != nullptr) {
        const auto currency = TRY(State{transaction_}.row(*currencies, id));
        if (currency) rate = number_in(*currency, "exchangerate").value_or(rate_one);
    }
    values["exchangerate"] = rate;
    for (const Attribute& attribute : table_.attributes()) {
        if (attribute.base_of.empty()) continue;
        if (!changes_currency && !values.contains(attribute.base_of)) continue;
        const auto amount = number_in(row, attribute.base_of);
        values[attribute.name] = amount ? Value{base_amount(*amount, rate)} : Value{};
    }
    return {};
}

void Rules::complete_names(const Values& before, Values& values) const {
    const auto row = changed_row(before, values);
    const auto* whole_name = table_.find("fullname");
    if (whole_name != nullptr && (values.contains("firstname") || values.contains("lastname")))
        values["fullname"] = full_name(text_in(row, "firstname"), text_in(row, "lastname"));
    for (const std::string_view prefix : {"address1", "address2", "address3", "billto", "shipto"}) {
        const auto named = [&](std::string_view part) { return fmt::format("{}_{}", prefix, part); };
        if (!table_.has(named("composite"))) continue;
        const auto text = composite({.lines = {text_in(row, named("line1")), text_in(row, named("line2")),
                                               text_in(row, named("line3"))},
                                     .city = text_in(row, named("city")),
                                     .state = text_in(row, named("stateorprovince")),
                                     .postal_code = text_in(row, named("postalcode")),
                                     .country = text_in(row, named("country"))});
        if (text != text_in(row, named("composite")))
            values[named("composite")] = text.empty() ? Value{} : Value{text};
    }
}

/// Of a customer the account or the contact it is has a column of its own.
void Rules::complete_customer(Values& values) const {
    for (const Attribute& attribute : table_.attributes()) {
        if (attribute.type != AttributeType::customer || !values.contains(attribute.name)) continue;
        const auto type = text_in(values, attribute.type_column);
        const auto follow = [&](const char* name, std::string_view target) {
            const auto* column = table_.find(name);
            if (column == nullptr || !column->is_lookup() || column->can_update) return;
            values[name] = type == target ? values[attribute.name] : Value{};
        };
        follow("accountid", "account");
        follow("contactid", "contact");
        follow("parentcontactid", "contact");
    }
}

namespace {

/// Unlinks or removes what leads to a row that goes.
Result<void> let_go(db::Transaction& transaction, const Catalog& catalog, const Pending::Due& gone) {
    State state{transaction};
    const auto stamp = format_instant(Instant{std::chrono::milliseconds{gone.time_ms}}).substr(0, 19) + "Z";
    for (const Relationship* way : catalog.to(*gone.table)) {
        const auto* child = catalog.find(way->referencing);
        if (child == nullptr || way->on_delete == OnDelete::none) continue;
        constexpr std::int64_t all = 1'000'000'000;
        const auto link = link_values(*child, *way, gone.id);
        for (const auto& id : TRY(state.ids_with(*child, link, all))) {
            const auto version = TRY(state.take_versions());
            if (way->on_delete == OnDelete::cascade) {
                TRY(apply(transaction, catalog,
                          {.table = child,
                           .id = id,
                           .kind = Pending::Kind::erase,
                           .version = version,
                           .time_ms = gone.time_ms,
                           .values = {}}));
                continue;
            }
            Values cleared{{std::string{version_column}, version}};
            for (const auto& [name, value] : link) cleared[name] = Value{};
            if (child->has("modifiedon")) cleared["modifiedon"] = stamp;
            TRY(state.update(*child, id, cleared));
        }
    }
    return {};
}

}  // namespace

Result<void> apply(db::Transaction& transaction, const Catalog& catalog, const Pending::Due& change) {
    State state{transaction};
    switch (change.kind) {
        case Pending::Kind::insert:
            return state.insert(*change.table, change.values);
        case Pending::Kind::update:
            return state.update(*change.table, change.id, change.values);
        case Pending::Kind::erase:
            TRY(state.erase(*change.table, change.id, change.version, change.time_ms));
            return let_go(transaction, catalog, change);
    }
    return {};
}

}  // namespace koppla::sandbox::dynamics
