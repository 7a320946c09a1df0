"""The middleware as a process: chats from bots into Salesforce, with the habits and the logs of the real one."""
