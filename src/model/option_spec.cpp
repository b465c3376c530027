#include "model/option_spec.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla::model {

Result<void> check(std::span<const OptionSpec> specs, const Settings& settings) {
    for (const auto& [name, value] : settings) {
        const auto spec = std::ranges::find(specs, name, &OptionSpec::name);
        if (spec == specs.end()) {
            std::vector<std::string_view> known;
            for (const OptionSpec& each : specs) known.push_back(each.name);
            return error(ErrorKind::invalid, fmt::format("there is no setting '{}'; there are: {}", name,
                                                         fmt::join(known, ", ")));
        }
        if (!spec->choices.empty() && std::ranges::find(spec->choices, value) == spec->choices.end()) {
            return error(ErrorKind::invalid, fmt::format("setting '{}' can't be '{}'; it is one of: {}", name,
                                                         value, fmt::join(spec->choices, ", ")));
        }
    }
    for (const OptionSpec& spec : specs) {
        const auto given = settings.find(spec.name);
        if (spec.presence == Presence::required && (given == settings.end() || given->second.empty())) {
            return error(ErrorKind::invalid,
                         fmt::format("setting '{}' is missing: {}", spec.name, spec.help));
        }
    }
    return {};
}

}  // namespace koppla::model
