#pragma once

#include "sandbox/dynamics/org/table.h"

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace koppla::sandbox::dynamics {

/// How our own tables are written down: a column is a function of its schema name ("AccountNumber"), which
/// tells logical name and label. What is the same for all tables is added by `table`.
using Attributes = std::vector<Attribute>;
using Targets = std::initializer_list<const char*>;
using Choices = std::initializer_list<std::pair<int, const char*>>;

Attribute text(std::string_view schema_name, int length_max, std::string_view format = "Text");
Attribute memo(std::string_view schema_name, int length_max = 2'000);
Attribute whole(std::string_view schema_name, double minimum = -2'147'483'648.0,
                double maximum = 2'147'483'647.0);
Attribute decimal(std::string_view schema_name, int precision, double minimum, double maximum);
Attribute real(std::string_view schema_name, int precision, double minimum, double maximum);
Attribute money(std::string_view schema_name, double minimum = 0, double maximum = 100'000'000'000'000.0);
Attribute flag(std::string_view schema_name, std::string_view yes = "Yes", std::string_view no = "No");
Attribute choice(std::string_view schema_name, Choices choices);
Attribute multi_choice(std::string_view schema_name, Choices choices);
Attribute lookup(std::string_view schema_name, Targets targets);
Attribute customer(std::string_view schema_name);
Attribute guid(std::string_view schema_name);
Attribute typed(AttributeType type, std::string_view schema_name);
/// User's time, of a moment or with the format of a date; a date of the calendar; a time of no zone.
Attribute moment(std::string_view schema_name);
Attribute moment_of_day(std::string_view schema_name);
Attribute day(std::string_view schema_name);
Attribute civil_time(std::string_view schema_name);

Attribute labelled(Attribute attribute, std::string_view label);
Attribute required(Attribute attribute, Requirement requirement = Requirement::application);
Attribute read_only(Attribute attribute);
Attribute title(Attribute attribute);
Attribute of_set(Attribute attribute, std::string_view global_set);

/// A state with the statuses that belong to it; of each the first is the default.
struct StateSpec {
    int value;
    const char* label;
    Choices statuses;
};
Attributes states(std::initializer_list<StateSpec> states);

/// addressN_…: lines, place, phones, position, and the composite of them.
Attributes address(std::string_view prefix);
/// billto_… or shipto_… of an order.
Attributes order_address(std::string_view prefix);

Attributes operator+(Attributes attributes, Attributes more);

/// A table with the columns that all of its kind have: key, stamps, owner, version; base amounts; the names
/// beside lookups and choices.
Table table(TableFacts facts, Attributes attributes, std::vector<AlternateKey> keys = {});
AlternateKey key(std::string_view schema_name, std::initializer_list<const char*> attributes,
                 IndexState index = IndexState::active);

std::vector<Table> customer_tables();
std::vector<Table> sales_tables();
std::vector<Table> people_tables();
std::vector<Table> marketing_tables();

}  // namespace koppla::sandbox::dynamics
