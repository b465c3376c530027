#include "wizard/evolution.h"

#include "base/ascii.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

using model::EnumerationValue;
using model::FieldSchema;
using model::ObjectSchema;

constexpr std::string_view refill = "it is filled by an import with --full";

std::string type_text(const FieldSchema& field) {
    const model::Type& type = field.type;
    const std::string measures = type.precision > 0 ? fmt::format("({},{})", type.precision, type.scale)
                                 : type.length > 0  ? fmt::format("({})", type.length)
                                                    : "";
    return fmt::format("{}{}", field.remote_type, measures);
}

std::string first_few(const std::vector<std::string>& names) {
    constexpr std::size_t shown_max = 5;
    const std::vector<std::string> shown{
        names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), shown_max))};
    return fmt::format("{}{}", fmt::join(shown, ", "),
                       names.size() > shown_max ? fmt::format(" and {} more", names.size() - shown_max) : "");
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::any_of(names,
                               [&](const std::string& each) { return equal_without_case(each, name); });
}

bool is_vanished(const FieldSchema& field, const ObjectSchema& now) {
    return !field.is_parked && now.find(field.name) == nullptr && !contains(now.left_out, field.name);
}

const EnumerationValue* find_value(const FieldSchema& field, std::string_view code) {
    const auto found = std::ranges::find(field.values, code, &EnumerationValue::code);
    return found == field.values.end() ? nullptr : &*found;
}

class Follower {
  public:
    Follower(const ObjectSchema& recorded, ObjectSchema now, std::string_view day)
        : recorded_{recorded}, day_{day} {
        result_.schema = std::move(now);
        for (const FieldSchema& field : recorded.fields) columns_.insert(field.column);
    }

    Evolution follow() && {
        ObjectSchema& schema = result_.schema;
        schema.local_table = recorded_.local_table;
        follow_object();
        std::vector<FieldSchema> parked;
        for (FieldSchema& field : schema.fields) {
            const FieldSchema* const known = recorded_.find(field.name);
            if (known == nullptr)
                add(field.name, "added", Impact::safe, fmt::format("{}; {}", type_text(field), refill));
            else
                follow_field(field, *known, parked);
        }
        for (const FieldSchema& field : recorded_.fields) {
            const bool is_offered = schema.find(field.name) != nullptr;
            if (field.is_parked ? !is_offered || &field != recorded_.find(field.name) : !is_offered)
                parked.push_back(park(field));
        }
        std::ranges::move(parked, std::back_inserter(schema.fields));
        return std::move(result_);
    }

  private:
    void add(std::string field, std::string what, Impact impact, std::string detail) {
        result_.changes.push_back({.field = std::move(field),
                                   .what = std::move(what),
                                   .impact = impact,
                                   .detail = std::move(detail)});
    }

    void follow_object() {
        const ObjectSchema& now = result_.schema;
        if (now.key != recorded_.key) {
            add("", "another key", Impact::breaking,
                fmt::format("records are identified by {} instead of {}: the table can't be gone on with",
                            now.key, recorded_.key));
        }
        if (now.stamp != recorded_.stamp) {
            add("", "another index field", Impact::consent,
                now.stamp.empty()
                    ? fmt::format("{} told changes and nothing does now: every import reads everything",
                                  recorded_.stamp)
                    : fmt::format("changes are told by {} instead of '{}': the next import has to be one "
                                  "with --full",
                                  now.stamp, recorded_.stamp));
        }
        if (now.label != recorded_.label)
            add("", "relabelled", Impact::safe, fmt::format("'{}' → '{}'", recorded_.label, now.label));
    }

    void follow_field(FieldSchema& field, const FieldSchema& known, std::vector<FieldSchema>& parked) {
        field.column = known.column;
        if (known.is_parked)
            add(field.name, "back", Impact::safe,
                fmt::format("its column {} is taken up again; {}", known.column, refill));
        if (!is_stored_alike(known.type, field.type)) {
            parked.push_back(leave_behind(known));
            add(field.name, "retyped", Impact::consent,
                fmt::format("{} → {}: the column {} stays as {}, a new {} takes its place; {}",
                            type_text(known), type_text(field), known.column, parked.back().column,
                            known.column, refill));
            return;
        }
        if (known.type.kind != field.type.kind || known.remote_type != field.remote_type) {
            add(field.name, "retyped", Impact::safe,
                fmt::format("{} → {}: kept in the same column", type_text(known), type_text(field)));
        } else if (known.type != field.type) {
            const bool is_wider =
                field.type.length >= known.type.length && field.type.precision >= known.type.precision;
            add(field.name, is_wider ? "wider" : "narrower", Impact::safe,
                fmt::format("{} → {}", type_text(known), type_text(field)));
        }
        follow_values(field, known);
        follow_words(field, known);
    }

    void follow_values(FieldSchema& field, const FieldSchema& known) {
        std::vector<std::string> fresh;
        std::vector<std::string> relabelled;
        std::vector<std::string> lost;
        for (const EnumerationValue& value : field.values) {
            const EnumerationValue* const before = find_value(known, value.code);
            const bool was_active = before != nullptr && before->is_active;
            if (value.is_active != was_active) (value.is_active ? fresh : lost).push_back(value.code);
            if (before != nullptr && before->label != value.label)
                relabelled.push_back(fmt::format("{} '{}' → '{}'", value.code, before->label, value.label));
        }
        for (const EnumerationValue& before : known.values) {
            if (find_value(field, before.code) != nullptr) continue;
            if (before.is_active) lost.push_back(before.code);
            field.values.push_back(before);
            field.values.back().is_active = false;
            field.values.back().is_default = false;
        }
        if (!fresh.empty()) add(field.name, "values added", Impact::safe, first_few(fresh));
        if (!lost.empty()) {
            add(field.name, "values removed", Impact::safe,
                fmt::format("{}; kept with their labels, as inactive", first_few(lost)));
        }
        if (!relabelled.empty()) add(field.name, "values relabelled", Impact::safe, first_few(relabelled));
    }

    void follow_words(const FieldSchema& field, const FieldSchema& known) {
        std::vector<std::string> words;
        const auto compare = [&](bool before, bool now, std::string_view is, std::string_view is_not) {
            if (before != now) words.emplace_back(now ? is : is_not);
        };
        compare(known.is_required, field.is_required, "required now", "not required any more");
        compare(known.is_unique, field.is_unique, "unique now", "not unique any more");
        compare(known.is_createable, field.is_createable, "may be given on creation",
                "can't be given on creation");
        compare(known.is_updateable, field.is_updateable, "may be changed", "can't be changed");
        compare(known.is_calculated, field.is_calculated, "calculated by the CRM", "not calculated any more");
        if (known.targets != field.targets)
            words.push_back(fmt::format("links to {}", fmt::join(field.targets, ", ")));
        if (known.label != field.label)
            words.push_back(fmt::format("label '{}' → '{}'", known.label, field.label));
        if (!words.empty())
            add(field.name, "described otherwise", Impact::safe, fmt::format("{}", fmt::join(words, "; ")));
    }

    /// The field with its column under another name, so that a new one can take its place.
    FieldSchema leave_behind(const FieldSchema& known) {
        FieldSchema left = known;
        const std::string wanted = fmt::format("{}_until_{}", known.column, day_);
        left.column = wanted;
        for (int number = 2; columns_.contains(left.column); ++number)
            left.column = fmt::format("{}_{}", wanted, number);
        left.is_parked = true;
        columns_.insert(left.column);
        result_.renames.push_back({.from = known.column, .to = left.column});
        return left;
    }

    FieldSchema park(const FieldSchema& field) {
        FieldSchema parked = field;
        if (!field.is_parked) {
            const ObjectSchema& now = result_.schema;
            if (is_vanished(field, now)) {
                const bool is_hidden = now.hidden && contains(*now.hidden, field.name);
                add(field.name, is_hidden ? "hidden" : "gone", Impact::consent,
                    fmt::format("{}: it isn't imported any more; its column {} stays as it is",
                                reason(!now.hidden ? Sight::unknown
                                       : is_hidden ? Sight::hidden
                                                   : Sight::gone),
                                field.column));
            } else {
                add(field.name, "left out", Impact::safe,
                    fmt::format("not chosen any more; its column {} stays as it is", field.column));
            }
        }
        parked.is_parked = true;
        return parked;
    }

    const ObjectSchema& recorded_;
    const std::string_view day_;
    std::set<std::string> columns_;
    Evolution result_;
};

}  // namespace

std::string_view reason(Sight sight) {
    switch (sight) {
        case Sight::hidden:
            return "hidden from the account's user by permissions";
        case Sight::gone:
            return "deleted in the CRM";
        case Sight::unknown:
            break;
    }
    return "deleted, or hidden from the account's user";
}

std::string_view name(Impact impact) {
    switch (impact) {
        case Impact::safe:
            return "safe";
        case Impact::consent:
            return "needs consent";
        case Impact::breaking:
            break;
    }
    return "breaking";
}

Impact Evolution::impact() const {
    const auto worst = std::ranges::max_element(changes, {}, &SchemaChange::impact);
    return worst == changes.end() ? Impact::safe : worst->impact;
}

Evolution evolve(const ObjectSchema& recorded, ObjectSchema now, std::string_view day) {
    return Follower{recorded, std::move(now), day}.follow();
}

std::vector<std::string> vanished_fields(const ObjectSchema& recorded, const ObjectSchema& now) {
    std::vector<std::string> names;
    for (const FieldSchema& field : recorded.fields) {
        if (is_vanished(field, now)) names.push_back(field.name);
    }
    return names;
}

SchemaChange object_gone(const Error& why, Sight sight) {
    const bool is_gone = why.kind == ErrorKind::not_found;
    return {.field = "",
            .what = !is_gone                 ? "unreadable"
                    : sight == Sight::hidden ? "hidden"
                                             : "gone",
            .impact = Impact::breaking,
            .detail = is_gone ? fmt::format("{}: its table stays as it is", reason(sight)) : why.message};
}

}  // namespace koppla
