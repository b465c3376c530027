#pragma once

#include "base/result.h"
#include "sandbox/dynamics/preferences.h"
#include "sandbox/odata/sql/place.h"
#include "sandbox/odata/syntax/ast.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace koppla::sandbox::odata {

/// One member of a row's object: what is printed before its value, and where the value lies.
struct Step {
    enum class Kind : std::uint8_t {
        text,
        verbatim,  ///< text that needs no escapes: GUIDs and dates
        integer,
        boolean,
        scaled,
        real,
        lookup,
        object_begin,  ///< of an expanded row; `column` tells whether there is one
        object_end,
    };
    /// How the formatted value is made, if it was asked for.
    enum class Format : std::uint8_t {
        none,
        label,   ///< of a choice or boolean, from `labels`
        labels,  ///< of a multi-select
        money,   ///< with the currency's symbol in `format_column`
        number,  ///< grouped, with `precision` digits
        time,    ///< "11/23/2026 9:15 AM"
        date,    ///< "11/23/2026"
        name,    ///< text in `format_column`
    };
    Kind kind = Kind::text;
    Format format = Format::none;
    int column = 0;
    int format_column = -1;
    int type_column = -1;  ///< of a lookup with several targets
    int scale = 0;
    int precision = 0;
    std::size_t skip = 0;     ///< object_begin: steps up to its end
    std::string lead;         ///< ,"name":
    std::string format_lead;  ///< ,"name@OData.Community.Display.V1.FormattedValue":
    std::unordered_map<std::int64_t, std::string> labels{};  ///< as JSON text; of a multi-select bare
    /// Of a lookup: further annotations by the target's logical name; with one target under "".
    std::unordered_map<std::string, std::string> targets{};
};

/// How rows of a table are read and printed: the columns of a select, the first of them the row's version,
/// the joins for what is expanded, and the members in order.
struct Plan {
    std::vector<std::string> columns;
    std::string joins;
    std::vector<Step> steps;
    std::string context;  ///< "(name,revenue)" of "$metadata#accounts(name,revenue)"
};

/// The members that a query selects: the primary key is always among them, a money column brings its
/// currency, a part of an address the whole. [Dataverse: Select columns]
Result<Plan> make_plan(const Place& place, const std::vector<std::string>& select,
                       const std::vector<Expansion>& expand, const dynamics::Preferences& preferences);

}  // namespace koppla::sandbox::odata
