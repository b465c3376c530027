#include "sandbox/dynamics/org/own_parts.h"

namespace koppla::sandbox::dynamics {
namespace {

constexpr double minutes_max = 2'147'483'647.0;

Table campaign() {
    return table({.schema_name = "Campaign", .set_name = "campaigns", .object_type_code = 4'400},
                 Attributes{title(required(text("Name", 128))), text("CodeName", 32),
                            memo("Description", 100'000), memo("Objective"), memo("Message", 4'000),
                            choice("TypeCode", {{1, "Advertisement"},
                                                {2, "Direct Marketing"},
                                                {3, "Event"},
                                                {4, "Co-branding"},
                                                {5, "Other"}}),
                            moment_of_day("ProposedStart"), moment_of_day("ProposedEnd"),
                            moment_of_day("ActualStart"), moment_of_day("ActualEnd"), money("BudgetedCost"),
                            money("ExpectedRevenue"), money("OtherCost"),
                            whole("ExpectedResponse", 0, 1'000'000'000), text("PromotionCodeName", 128),
                            lookup("PriceListId", {"pricelevel"}), flag("IsTemplate")} +
                     states({{0,
                              "Active",
                              {{0, "Proposed"},
                               {1, "Ready To Launch"},
                               {2, "Launched"},
                               {3, "Completed"},
                               {4, "Canceled"},
                               {5, "Suspended"}}},
                             {1, "Inactive", {{6, "Inactive"}}}}));
}

Table list() {
    return table(
        {.schema_name = "List", .set_name = "lists", .label = "Marketing List", .object_type_code = 4'300},
        Attributes{title(required(labelled(text("ListName", 128), "Name"))), memo("Description"),
                   text("Purpose", 512), text("Source", 512), memo("Query", 1'048'576),
                   required(choice("CreatedFromCode", {{1, "Account"}, {2, "Contact"}, {4, "Lead"}}),
                            Requirement::system),
                   read_only(whole("MemberCount", 0)), whole("MemberType"), flag("Type", "Dynamic", "Static"),
                   flag("LockStatus", "Yes", "No"), flag("DoNotSendOnOptOut"), money("Cost"),
                   moment_of_day("LastUsedOn")} +
            states({{0, "Active", {{0, "Active"}}}, {1, "Inactive", {{1, "Inactive"}}}}));
}

Attributes activity() {
    return {
        title(required(text("Subject", 200))),
        memo("Description"),
        lookup("RegardingObjectId", {"account", "contact", "lead", "opportunity", "salesorder", "campaign"}),
        [] {
            Attribute type = read_only(typed(AttributeType::entity_name, "ActivityTypeCode"));
            return type;
        }(),
        moment("ScheduledStart"),
        moment("ScheduledEnd"),
        moment("ActualStart"),
        moment("ActualEnd"),
        [] {
            Attribute minutes = whole("ActualDurationMinutes", 0, minutes_max);
            minutes.format = "Duration";
            return minutes;
        }(),
        [] {
            Attribute minutes = read_only(whole("ScheduledDurationMinutes", 0, minutes_max));
            minutes.format = "Duration";
            return minutes;
        }(),
        choice("PriorityCode", {{0, "Low"}, {1, "Normal"}, {2, "High"}}),
        text("Category", 250),
        text("Subcategory", 250),
        flag("IsBilled"),
        read_only(flag("IsRegularActivity"))};
}

Table task() {
    return table(
        {.schema_name = "Task", .set_name = "tasks", .object_type_code = 4'212, .is_activity = true},
        activity() + Attributes{whole("PercentComplete", 0, 100)} +
            states(
                {{0,
                  "Open",
                  {{2, "Not Started"}, {3, "In Progress"}, {4, "Waiting on someone else"}, {7, "Deferred"}}},
                 {1, "Completed", {{5, "Completed"}}},
                 {2, "Canceled", {{6, "Canceled"}}}}));
}

Table appointment() {
    const auto party = [](const char* name) {
        Attribute list = typed(AttributeType::party_list, name);
        list.targets = {"account", "contact", "lead", "systemuser"};
        return list;
    };
    return table({.schema_name = "Appointment",
                  .set_name = "appointments",
                  .object_type_code = 4'201,
                  .is_activity = true},
                 activity() +
                     Attributes{text("Location", 200), flag("IsAllDayEvent"), party("RequiredAttendees"),
                                party("OptionalAttendees"), party("Organizer")} +
                     states({{0, "Open", {{1, "Free"}, {2, "Tentative"}}},
                             {1, "Completed", {{3, "Completed"}}},
                             {2, "Canceled", {{4, "Canceled"}}},
                             {3, "Scheduled", {{5, "Busy"}, {6, "Out of Office"}}}}));
}

Table activityparty() {
    return table(
        {.schema_name = "ActivityParty",
         .set_name = "activityparties",
         .collection_label = "Activity Parties",
         .object_type_code = 135,
         .ownership = Ownership::none,
         .has_change_tracking = false},
        {required(lookup("ActivityId", {"appointment", "task"})),
         lookup("PartyId", {"account", "contact", "lead", "systemuser"}), title(text("PartyIdName", 400)),
         choice("ParticipationTypeMask", {{1, "Sender"},
                                          {2, "To Recipient"},
                                          {3, "CC Recipient"},
                                          {4, "BCC Recipient"},
                                          {5, "Required attendee"},
                                          {6, "Optional attendee"},
                                          {7, "Organizer"},
                                          {8, "Regarding"},
                                          {9, "Owner"}}),
         text("AddressUsed", 320, "Email")});
}

}  // namespace

std::vector<Table> marketing_tables() {
    std::vector<Table> tables;
    tables.push_back(campaign());
    tables.push_back(list());
    tables.push_back(task());
    tables.push_back(appointment());
    tables.push_back(activityparty());
    return tables;
}

}  // namespace koppla::sandbox::dynamics
