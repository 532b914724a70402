"""entity_matching: says which records are one party, how sure that is and why, and asks people where it is not."""

from workers.contract import Worker
from workers.entity_matching.deduplicate import deduplicate
from workers.entity_matching.match import match_entities
from workers.entity_matching.owners import link_properties_to_entities
from workers.entity_matching.settle import settle

worker = Worker("entity_matching", "1.1", [match_entities, deduplicate, link_properties_to_entities, settle])
