#include "sandbox/dynamics/org/own_tables.h"

#include "sandbox/dynamics/org/own_parts.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace koppla::sandbox::dynamics {
namespace {

/// What the vendor calls the way from "table.attribute" to a target, where it has a name of its own.
struct Named {
    std::string_view way;
    std::string_view schema_name;
};
constexpr std::array named{Named{"contact.parentcustomerid.account", "contact_customer_accounts"},
                           Named{"contact.parentcustomerid.contact", "contact_customer_contacts"},
                           Named{"contact.masterid.contact", "contact_master_contact"},
                           Named{"contact.originatingleadid.lead", "contact_originating_lead"},
                           Named{"account.primarycontactid.contact", "account_primary_contact"},
                           Named{"account.parentaccountid.account", "account_parent_account"},
                           Named{"account.masterid.account", "account_master_account"},
                           Named{"account.originatingleadid.lead", "account_originating_lead"},
                           Named{"account.new_partneraccountid.account", "new_account_PartnerAccount"},
                           Named{"lead.customerid.account", "lead_customer_accounts"},
                           Named{"lead.customerid.contact", "lead_customer_contacts"},
                           Named{"lead.parentaccountid.account", "lead_parent_account"},
                           Named{"lead.parentcontactid.contact", "lead_parent_contact"},
                           Named{"lead.campaignid.campaign", "campaign_leads"},
                           Named{"lead.qualifyingopportunityid.opportunity", "lead_qualifying_opportunity"},
                           Named{"lead.masterid.lead", "lead_master_lead"},
                           Named{"opportunity.customerid.account", "opportunity_customer_accounts"},
                           Named{"opportunity.customerid.contact", "opportunity_customer_contacts"},
                           Named{"opportunity.parentaccountid.account", "opportunity_parent_account"},
                           Named{"opportunity.parentcontactid.contact", "opportunity_parent_contact"},
                           Named{"opportunity.originatingleadid.lead", "opportunity_originating_lead"},
                           Named{"opportunity.campaignid.campaign", "campaign_opportunities"},
                           Named{"salesorder.customerid.account", "order_customer_accounts"},
                           Named{"salesorder.customerid.contact", "order_customer_contacts"},
                           Named{"salesorder.opportunityid.opportunity", "opportunity_sales_orders"},
                           Named{"salesorder.campaignid.campaign", "campaign_orders"},
                           Named{"salesorderdetail.salesorderid.salesorder", "order_details"},
                           Named{"salesorderdetail.productid.product", "product_order_details"},
                           Named{"task.regardingobjectid.account", "Account_Tasks"},
                           Named{"task.regardingobjectid.contact", "Contact_Tasks"},
                           Named{"task.regardingobjectid.lead", "Lead_Tasks"},
                           Named{"task.regardingobjectid.opportunity", "Opportunity_Tasks"},
                           Named{"task.regardingobjectid.salesorder", "SalesOrder_Tasks"},
                           Named{"task.regardingobjectid.campaign", "Campaign_Tasks"},
                           Named{"activityparty.activityid.appointment", "appointment_activity_parties"},
                           Named{"activityparty.activityid.task", "task_activity_parties"}};

/// The relationship's schema name, which is also the collection's.
std::string name_of(const Table& table, const Attribute& lookup, std::string_view target) {
    const auto way = fmt::format("{}.{}.{}", table.name(), lookup.name, target);
    for (const Named& one : named)
        if (one.way == way) return std::string{one.schema_name};
    const std::string& name = lookup.name;
    if (target == "owner") return "owner_" + table.set_name();
    if (name == "owninguser") return "user_" + table.set_name();
    if (name == "owningteam") return "team_" + table.set_name();
    if (name == "owningbusinessunit") return "business_unit_" + table.set_name();
    if (name.starts_with("createdby") || name.starts_with("modifiedby") ||
        name.starts_with("createdonbehalfby") || name.starts_with("modifiedonbehalfby"))
        return fmt::format("lk_{}base_{}", table.name(), name);
    if (name == "transactioncurrencyid") return fmt::format("transactioncurrency_{}", table.name());
    return fmt::format("{}_{}_{}", table.name(), target, name);
}

/// Standard lookups are followed by their logical name, ours by their schema name; polymorphic ones with the
/// target, and an activity's with the activity too.
std::string navigation_of(const Table& table, const Attribute& lookup, std::string_view target) {
    if (lookup.type == AttributeType::owner) return lookup.name;
    const std::string& name = lookup.is_custom ? lookup.schema_name : lookup.name;
    if (lookup.targets.size() < 2) return name;
    if (lookup.name == "regardingobjectid") return fmt::format("{}_{}_{}", name, target, table.name());
    return fmt::format("{}_{}", name, target);
}

bool is_child_of(const Table& table, const Attribute& lookup) {
    return (table.name() == "salesorderdetail" && lookup.name == "salesorderid") ||
           (table.name() == "activityparty" && lookup.name == "activityid");
}

std::vector<Relationship> ways_of(const std::vector<Table>& tables) {
    std::vector<Relationship> ways;
    for (const Table& table : tables) {
        for (const Attribute& lookup : table.attributes()) {
            if (!lookup.is_lookup()) continue;
            auto targets = lookup.targets;
            if (lookup.type == AttributeType::owner) targets = {"owner"};
            for (const std::string& target : targets) {
                const auto name = name_of(table, lookup, target);
                ways.push_back({.schema_name = name,
                                .referencing = table.name(),
                                .referencing_attribute = lookup.name,
                                .navigation = navigation_of(table, lookup, target),
                                .referenced = target,
                                .referenced_attribute = target == "owner" ? "ownerid" : target + "id",
                                .collection = name,
                                .on_delete = is_child_of(table, lookup) ? OnDelete::cascade
                                             : lookup.required == Requirement::system
                                                 ? OnDelete::restrict
                                                 : OnDelete::remove_link});
            }
        }
    }
    return ways;
}

}  // namespace

Catalog own_catalog() {
    std::vector<Table> tables;
    for (auto group : {people_tables, customer_tables, sales_tables, marketing_tables})
        for (Table& table : group()) tables.push_back(std::move(table));
    auto ways = ways_of(tables);
    for (Relationship& way : ways) {
        for (const Table& table : tables)
            if (table.name() == way.referenced) way.referenced_attribute = table.primary_id();
    }
    return Catalog{std::move(tables), std::move(ways), "1"};
}

}  // namespace koppla::sandbox::dynamics
