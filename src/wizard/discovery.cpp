#include "wizard/discovery.h"

#include "base/ascii.h"
#include "wizard/evolution.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

/// How many letters have to change. [Levenshtein]
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (const char letter : a) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (letter == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
        }
    }
    return row.back();
}

/// Takes away the fields that `is_out`, but never the key, the stamp and the removal flag.
void leave_out(model::ObjectSchema& schema, const std::function<bool(const std::string&)>& is_out) {
    std::erase_if(schema.fields, [&](const model::FieldSchema& field) {
        const bool is_needed =
            field.name == schema.key || field.name == schema.stamp || field.name == schema.removal_flag;
        if (is_needed || !is_out(field.name)) return false;
        schema.left_out.push_back(field.name);
        return true;
    });
}

}  // namespace

std::string suggestion(std::string_view wanted, std::span<const std::string> names) {
    std::vector<std::pair<std::size_t, std::string_view>> near;
    for (const std::string& name : names) {
        const std::string low = lower(name);
        const bool contains = low.find(lower(wanted)) != std::string::npos;
        const std::size_t far = contains ? 1 : distance(low, lower(wanted));
        if (far <= 1 + wanted.size() / 4) near.emplace_back(far, name);
    }
    std::ranges::sort(near);
    if (near.size() > 3) near.resize(3);
    std::vector<std::string_view> words;
    words.reserve(near.size());
    for (const auto& [far, name] : near) words.push_back(name);
    return words.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(words, ", "));
}

Result<std::vector<Discovered>> discover(CrmConnector& connector, std::span<const DescribeRequest> requests,
                                         const DiscoveryProgress& progress, const Call& call) {
    const auto step = static_cast<std::size_t>(connector.abilities().objects_per_describe);
    std::vector<Discovered> found;
    for (std::size_t at = 0; at < requests.size(); at += step) {
        const auto some = requests.subspan(at, std::min(step, requests.size() - at));
        std::vector<Result<Described>> answers = TRY(connector.describe(some, call));
        for (std::size_t i = 0; i < some.size(); ++i) {
            found.push_back({.object = some[i].object, .described = std::move(answers.at(i))});
            progress(found.size(), requests.size(), some[i].object);
        }
    }
    return found;
}

Result<void> choose_fields(model::ObjectSchema& schema, const FieldChoice& choice) {
    std::vector<std::string> names;
    for (const model::FieldSchema& field : schema.fields) names.push_back(field.name);
    for (const auto* list : {&choice.only, &choice.excluded}) {
        for (const std::string& wanted : *list) {
            if (schema.find(wanted) != nullptr) continue;
            const auto notice = std::ranges::find(schema.notices, wanted, &model::MappingNotice::field);
            if (notice != schema.notices.end()) {
                return error(ErrorKind::unsupported,
                             fmt::format("{}.{} ({}) can't be imported as it is: {}", schema.name, wanted,
                                         notice->remote_type, notice->instead));
            }
            return error(ErrorKind::not_found,
                         fmt::format("{} has no field {}, or this account can't see it{}", schema.name,
                                     wanted, suggestion(wanted, names)));
        }
    }
    const auto contains = [](const std::vector<std::string>& list, const std::string& name) {
        return std::ranges::any_of(list,
                                   [&](const std::string& each) { return equal_without_case(each, name); });
    };
    leave_out(schema, [&](const std::string& name) {
        return (!choice.only.empty() && !contains(choice.only, name)) || contains(choice.excluded, name);
    });
    schema.takes_new_fields = choice.only.empty();
    return {};
}

void choose_fields_again(model::ObjectSchema& schema, const model::ObjectSchema& recorded) {
    const std::set<std::string> out{recorded.left_out.begin(), recorded.left_out.end()};
    leave_out(schema, [&](const std::string& name) {
        return out.contains(name) || (!recorded.takes_new_fields && recorded.find(name) == nullptr);
    });
    schema.takes_new_fields = recorded.takes_new_fields;
}

Result<void> look_for_vanished(CrmConnector& connector, const model::ObjectSchema& recorded,
                               model::ObjectSchema& now, const Call& call) {
    const std::vector<std::string> vanished = vanished_fields(recorded, now);
    if (vanished.empty()) return {};
    std::vector<Member> members;
    members.reserve(vanished.size());
    for (const std::string& field : vanished) members.push_back({.object = recorded.name, .field = field});
    const std::vector<Sight> sights = TRY(connector.look_for(members, call));
    std::vector<std::string> hidden;
    for (std::size_t i = 0; i < vanished.size(); ++i) {
        if (sights.at(i) == Sight::unknown) return {};
        if (sights[i] == Sight::hidden) hidden.push_back(vanished[i]);
    }
    now.hidden = std::move(hidden);
    return {};
}

}  // namespace koppla
